-- Where a mail, or the newest one seen of a thread, lies in one mailbox.
local function point(r, pointer, key, circle)
  call('SET', r.p .. 'g:' .. pointer, key .. '|' .. circle, 'EX', 15552000)
end

local function pointed(r, pointer)
  local at = call('GET', r.p .. 'g:' .. pointer)
  if not at then return nil end
  local key, circle = string.match(at, '^([^|]*)|(.*)$')
  local raw = call('HGET', r.p .. 'm:' .. key, circle)
  return raw and decode(raw) or nil
end

-- open: by pointer (r.ptr), by mail (r.mail), or by conversation (r.cid).
-- With r.quiet nobody looks: no presence, no lease, and what waits to be told still waits.
-- Answers {'ok', view} | {'miss'} (the pointer is not known: send the mail) | {'private', revision} (not the viewer's teams').

local function open(_, args)
  local r = request(args)
  local c, message
  if r.mail then
    local circle, key
    c, message, circle, key = place(r, r.mail)
    if c then
      if r.ptr then point(r, r.ptr, key, circle) end
      if r.thread then point(r, r.thread, key, circle) end
    end
  elseif r.ptr then
    message = pointed(r, r.ptr)
    if not message then return { 'miss' } end
    c = load(r, message.conversation)
  else
    c = load(r, r.cid)
    message = message_of(r)
  end
  if not c or not visible(r, c.teams) then return { 'private', call('GET', r.p .. 'rev') or '0' } end
  if not r.quiet then look(r, c) end
  return { 'ok', view(r, c, message) }
end

redis.register_function(PREFIX .. 'open', open)

-- ingest: mails of an import, as one batch of one workspace (r.mails). Answers {new, known, elsewhere}.
local function ingest(_, args)
  local r = request(args)
  local counts = { 0, 0, 0 }
  for i = 1, #r.mails do
    local c = place(r, r.mails[i])
    if not c then
      counts[3] = counts[3] + 1
    elseif c.dirty then
      save(r, c)
      counts[1] = counts[1] + 1
    else
      counts[2] = counts[2] + 1
    end
  end
  return counts
end

redis.register_function(PREFIX .. 'ingest', ingest)

-- settle: of r.rows conversations of r.team that are nobody's, imported ones that nobody touched and whose last mail is r.age seconds older than the workspace's newest
-- mail are done: an import must not flood the queue with the past. Answers how many it looked at, and how many it settled.
redis.register_function(PREFIX .. 'settle', function(_, args)
  local r = request(args)
  local before = (tonumber(call('HGET', r.p .. 'seq', 'newest') or '0') - r.age) * 1000
  local looked, settled = 0, 0
  local ids = call('ZRANGEBYSCORE', r.p .. 'qn:' .. r.team, LATER, '(' .. (LATER + before), 'LIMIT', r.skip, r.rows)
  for i = 1, #ids do
    looked = looked + 1
    local c = load(r, ids[i])
    if c and c.imported and not c.touched then
      c.status, c.kind, c.closed_at = r.status.done, 'done', c.newest
      bump(c, true)
      save(r, c)
      settled = settled + 1
    end
  end
  return { looked, settled }
end)
