-- What the worker writes back of the work that did not wait in a request (server/jobs).

-- begin_reading: the worker reads with r.model from now on. Templates are embedded anew when it is another one.
redis.register_function(PREFIX .. 'begin_reading', function(_, args)
  local r = request(args)
  local before = call('HGET', r.p .. 'seq', 'model')
  if before == r.model then return 0 end
  call('HSET', r.p .. 'seq', 'model', r.model)
  job(r, 'templates', '', '')
  return 1
end)

-- understood: the mail r.key as it was read: its vector (ARGV[2]) by r.model, and the rest (ARGV[3]). r.moods: what must be seen of it;
-- r.told: whether open panes want to know; r.similar: ids of solved conversations like it, comma between. What an agent corrected stays corrected; picks are learned again by a new model's vector.
redis.register_function(PREFIX .. 'understood', function(_, args)
  local r = request(args)
  call('DEL', r.p .. 'uq:' .. r.key)
  local all = call('HGETALL', r.p .. 'm:' .. r.key)
  if #all == 0 then return 0 end -- forgotten meanwhile
  local moods = r.moods
  local model, corrected = unpack(call('HMGET', r.p .. 'u:' .. r.key, 'model', 'corrected'))
  for feeling in string.gmatch(corrected or '', '[^,]+') do moods = without(moods, feeling) end
  call('HSET', r.p .. 'u:' .. r.key, 'model', r.model, 'vector', args[2], 'read', args[3], 'corrected', corrected or '',
    'similar', r.similar)
  if model and model ~= r.model then
    local picks = picked_of(r.p .. 'pm:' .. r.key)
    for i = 1, #picks, 2 do
      local p = decode(picks[i + 1])
      weigh(r, r.model, args[2], p.team, p.template, 1)
      p.model = r.model
      call('HSET', r.p .. 'pm:' .. r.key, picks[i], encode(p))
    end
  end
  for f = 1, #all, 2 do
    if string.sub(all[f], 1, 1) ~= '#' then
      local one = decode(all[f + 1])
      local c = load(r, one.conversation)
      if c then
        local newest = math.min(one.date * 1000, r.now) >= (c.asked or 0)
        -- Of an import only what still waits is marked, as its queue shows only that (settle): age counts from the workspace's newest mail.
        local fresh = one.date > tonumber(call('HGET', r.p .. 'seq', 'newest') or '0') - 1209600
        if newest and fresh and c.kind ~= 'done' and #moods > 0 then
          c.moods = moods
          bump(c, false)
          save(r, c)
        elseif r.told then
          publish(r, c.id, 'note')
        end
        if c.kind == 'done' then job(r, 'solved', c.id, '') end
      end
    end
  end
  return 1
end)

-- solved: the conversation r.cid is done: the vector of the customer's newest question in it is found by those like it (r.model).
-- Answers its team, or '' when there is nothing to find it by.
redis.register_function(PREFIX .. 'solved', function(_, args)
  local r = request(args)
  local c = load(r, r.cid)
  if not c or c.kind ~= 'done' or #c.teams == 0 then return '' end
  local parts = parts_of(c)
  for i = 1, #parts do
    local mails = call('ZREVRANGE', r.p .. 'ms:' .. parts[i], 0, 9)
    for n = 1, #mails do
      local one = decode(mails[n])
      local model, vector = unpack(call('HMGET', r.p .. 'u:' .. one.key, 'model', 'vector'))
      if one.asks and model == r.model then
        local vectors, order = r.p .. 'sv:' .. model .. ':' .. c.teams[1], r.p .. 'so:' .. model .. ':' .. c.teams[1]
        call('HSET', vectors, c.id, vector)
        call('ZADD', order, c.active, c.id)
        local old = call('ZRANGE', order, 0, -(r.most + 1))
        for o = 1, #old do
          call('HDEL', vectors, old[o])
          call('ZREM', order, old[o])
        end
        return c.teams[1]
      end
    end
  end
  return ''
end)
