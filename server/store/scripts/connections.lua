-- CRM connections of a workspace: {p}cx, a hash id -> [number in order of making, connection]; {p}cs, a hash of what is sealed: id -> credentials,
-- id .. '/hook' -> the secret of its webhook's address; {p}ca, a hash of when each was asked last.

-- save_connection: ARGV[2] is the connection (msgpack), ARGV[3] its credentials, sealed, '' leaves them; ARGV[4] is the address's
-- secret that it gets if it has none yet. Answers the directory's new revision.
redis.register_function(PREFIX .. 'save_connection', function(_, args)
  local r = request(args)
  local before = call('HGET', r.p .. 'cx', r.id)
  -- Not the time: two may be made in the same millisecond.
  local number = before and decode(before)[1] or call('HINCRBY', r.p .. 'seq', 'connections', 1)
  call('HSET', r.p .. 'cx', r.id, joined({ encode(number), args[2] }))
  if args[3] ~= '' then call('HSET', r.p .. 'cs', r.id, args[3]) end
  if args[4] ~= '' then call('HSETNX', r.p .. 'cs', r.id .. '/hook', args[4]) end
  return call('INCR', r.p .. 'rev')
end)

-- swap_sealed: ARGV[3] instead of ARGV[2] in the field r.field, if that is still what lies there. A refreshed token must bring back
-- neither what was removed meanwhile nor what an administrator replaced. Answers 1 or 0.
redis.register_function(PREFIX .. 'swap_sealed', function(_, args)
  local r = request(args)
  if call('HGET', r.p .. 'cs', r.field) ~= args[2] then return 0 end
  call('HSET', r.p .. 'cs', r.field, args[3])
  return 1
end)

-- remove_connection: r.id and everything of it that is kept here. Answers the directory's new revision.
redis.register_function(PREFIX .. 'remove_connection', function(_, args)
  local r = request(args)
  call('HDEL', r.p .. 'cx', r.id)
  call('HDEL', r.p .. 'cs', r.id, r.id .. '/hook')
  call('HDEL', r.p .. 'ca', r.id, r.id .. '/hook')
  return call('INCR', r.p .. 'rev')
end)
