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

-- What waits for one id waits for another from now on: claims, assignments, mentions, claims lost and not yet told.
local function succeed(r, from, to)
  local lists = of_teams(r, 'qh') -- who waits on hold stands in no list of their own
  lists[#lists + 1] = r.p .. 'qm:' .. from
  for l = 1, #lists do
    local ids = call('ZRANGE', lists[l], 0, -1)
    for i = 1, #ids do
      local c = load(r, ids[i])
      if c and (c.assignee == from or (c.claim and c.claim.owner == from)) then
        if c.assignee == from then c.assignee = to end
        if c.claim and c.claim.owner == from then c.claim.owner = to end
        if c.draft and c.draft.by == from then c.draft.by = to end
        bump(c, true)
        save(r, c)
      end
    end
  end
  call('ZUNIONSTORE', r.p .. 'x:' .. to, 2, r.p .. 'x:' .. to, r.p .. 'x:' .. from, 'AGGREGATE', 'MAX')
  local choices = call('HGET', r.p .. 'prefs', from)
  if choices then
    call('HSETNX', r.p .. 'prefs', to, choices)
    call('HDEL', r.p .. 'prefs', from)
  end
  local told = call('HGETALL', r.p .. 'o:' .. from)
  for i = 1, #told, 2 do call('HSET', r.p .. 'o:' .. to, told[i], told[i + 1]) end
  call('DEL', r.p .. 'x:' .. from, r.p .. 'o:' .. from)
end

-- configure: the workspace's own description (r.cfg), unless another apply came between (r.seen is the revision it was read at).
-- r.named is the file's person of each e-mail address: newcomers of these addresses are those persons from now on.
redis.register_function(PREFIX .. 'configure', function(_, args)
  local r = request(args)
  local rev = call('GET', r.p .. 'rev') or '0'
  if rev ~= r.seen then return { 'moved' } end
  call('SET', r.p .. 'cfg', r.cfg)
  local newcomers = call('HGETALL', r.p .. 'newcomers')
  for i = 1, #newcomers, 2 do
    local person = r.named[newcomers[i]]
    if person then succeed(r, newcomers[i + 1], person) end
  end
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
