-- bind: the person behind an account at its first sign-in. r.account names it ("google|<hd>|<sub>"), r.seat the address it comes with
-- ("google|<hd>|<e-mail>"); r.person is the file's person of that address, or the one to make (r.made, a record) when the workspace is open.
-- Answers {'ok', person id, revision that shows them} | {'mismatch'}: another account already sits on this address.

redis.register_function(PREFIX .. 'bind', function(_, args)
  local r = request(args)
  local bound = call('HGET', r.p .. 'accounts', r.account)
  if bound then return { 'ok', bound, tonumber(call('GET', r.p .. 'rev') or '0') } end
  local sitting = call('HGET', r.p .. 'seats', r.seat)
  if sitting and sitting ~= r.account then return { 'mismatch' } end
  local person = r.person
  if person == '' then
    -- The same address may have come through the other client already: one person, two accounts.
    person = call('HGET', r.p .. 'newcomers', r.email)
    if not person then
      person = 'p' .. call('HINCRBY', r.p .. 'seq', 'p', 1)
      r.made.id = person
      call('HSET', r.p .. 'people', person, encode(r.made))
      call('HSET', r.p .. 'newcomers', r.email, person)
    end
  end
  call('HSET', r.p .. 'accounts', r.account, person)
  call('HSET', r.p .. 'seats', r.seat, r.account)
  return { 'ok', person, call('INCR', r.p .. 'rev') }
end)

-- configure: the workspace's own description (r.cfg), unless another apply came between (r.seen is the revision it was read at).
redis.register_function(PREFIX .. 'configure', function(_, args)
  local r = request(args)
  local rev = call('GET', r.p .. 'rev') or '0'
  if rev ~= r.seen then return { 'moved' } end
  call('SET', r.p .. 'cfg', r.cfg)
  return { 'ok', call('INCR', r.p .. 'rev') }
end)

-- register: domains, tenants and addresses of one workspace in the table all workspaces share; all or nothing.
-- KEYS[1] is that table. r.names are wanted, the workspace's others are given back. Answers {'ok'} | {'taken', name}.
redis.register_function(PREFIX .. 'register', function(keys, args)
  local r = request(args)
  for i = 1, #r.names do
    local owner = call('HGET', keys[1], r.names[i])
    if owner and owner ~= r.workspace then return { 'taken', r.names[i] } end
  end
  local wanted = {}
  for i = 1, #r.names do
    wanted[r.names[i]] = true
    call('HSET', keys[1], r.names[i], r.workspace)
  end
  local all = call('HGETALL', keys[1])
  for i = 1, #all, 2 do
    if all[i + 1] == r.workspace and not wanted[all[i]] then call('HDEL', keys[1], all[i]) end
  end
  return { 'ok' }
end)
