-- Templates of a workspace: {p}tp, a hash id -> template (msgpack); {p}th:<id>, its versions, newest first.

-- save_template: r.template at the version it was edited from (r.seen, 0 for a new one); r.why. Answers {code, template}:
-- ok | stale (somebody saved another version meanwhile: theirs comes along) | unknown_value.
redis.register_function(PREFIX .. 'save_template', function(_, args)
  local r = request(args)
  local t = r.template
  local raw = t.id ~= '' and call('HGET', r.p .. 'tp', t.id) or nil
  if raw then
    local now = decode(raw)
    if now.version ~= r.seen then return { 'stale', raw } end
    t.version = now.version + 1
  else
    if r.seen ~= 0 then return { 'unknown_value', '' } end
    if t.id == '' then t.id = 't' .. call('HINCRBY', r.p .. 'seq', 'template', 1) end
    t.version = 1
  end
  local saved = encode(t)
  call('HSET', r.p .. 'tp', t.id, saved)
  call('LPUSH', r.p .. 'th:' .. t.id, encode({ template = t, by = r.me, at = r.now, why = r.why }))
  call('HINCRBY', r.p .. 'seq', 'templates', 1)
  job(r, 'templates', t.id, '')
  return { 'ok', saved }
end)

-- seed_templates: r.templates, for a workspace that has none. Answers how many were written.
redis.register_function(PREFIX .. 'seed_templates', function(_, args)
  local r = request(args)
  if call('EXISTS', r.p .. 'tp') == 1 then return 0 end
  for i = 1, #r.templates do
    local t = r.templates[i]
    t.version = 1
    call('HSET', r.p .. 'tp', t.id, encode(t))
    call('LPUSH', r.p .. 'th:' .. t.id, encode({ template = t, by = '', at = r.now, why = '' }))
  end
  call('HINCRBY', r.p .. 'seq', 'templates', 1)
  job(r, 'templates', '', '')
  return #r.templates
end)

-- shelf: all that a copy holds in memory to rank a team's templates (r.team, r.model): the templates, their own vectors, the sums and
-- counts of their picks, the refitted head, and the two numbers by which it notices that this is old.
redis.register_function(PREFIX .. 'shelf', function(_, args)
  local r = request(args)
  local seq = call('HMGET', r.p .. 'seq', 'templates', 'learned:' .. r.team)
  return {
    tonumber(seq[1] or '0'), tonumber(seq[2] or '0'), call('HVALS', r.p .. 'tp'), call('HGETALL', r.p .. 'tv:' .. r.model),
    call('HGETALL', r.p .. 'ps:' .. r.model .. ':' .. r.team), call('HGETALL', r.p .. 'pc:' .. r.model .. ':' .. r.team),
    call('GET', r.p .. 'fit:' .. r.model .. ':' .. r.team) or '',
  }
end)
