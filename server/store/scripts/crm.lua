-- What the team's CRMs say of customers: entries as they were read last, links that people have set, and errands.
--
-- {p}xc:<customer> is a hash: <connection> -> entry (msgpack, server.domain.crm.Entry), and beside it "<connection>|at" ->
-- "<at>:<tried>:<state>", which is all that the scripts know of it. "<connection>|old": a webhook says that it has changed.
-- {p}xl:<customer> is a hash: <connection> -> "<kind>/<id>" that somebody chose, "-<connection>" -> those that are not the customer, a line each.
-- {p}xe:<mail> is a hash: "<connection>|<kind>" -> errand (msgpack).
-- {p}cj is a stream: what waits for the worker's CRM threads.

local LOOKING = 20000 -- ms for which a look-up has the customer and the connection for itself
local QUEUED = 120000 -- the same for one that waits in the stream
local BRIEFLY = 60000 -- ms for which "nobody" and "no answer" hold
local KEPT = 2592000 -- s

local function crm_job(r, kind, about, data)
  local id = call('HINCRBY', r.p .. 'seq', 'job', 1)
  call('XADD', r.p .. 'cj', 'MINID', '~', string.format('%d', r.now - 259200000),
    string.format('%d-%d', r.now, id % 1000000), 'kind', kind, 'about', about, 'data', data)
end

-- One look-up at a time of one customer in one connection: whoever gets the lease does it.
local function looking(r, customer, connection, ms)
  return call('SET', r.p .. 'xq:' .. customer .. ':' .. connection, '1', 'NX', 'PX', ms)
end

local function look_later(r, customer, connection, cid)
  if looking(r, customer, connection, QUEUED) then crm_job(r, 'look', customer, encode({ connection = connection, cid = cid })) end
end

local function drop_entry(r, customer, connection)
  call('HDEL', r.p .. 'xc:' .. customer, connection, connection .. '|at', connection .. '|old', connection .. '|cid')
  call('DEL', r.p .. 'xq:' .. customer .. ':' .. connection)
end

-- A relative time as cards say it changes by the minute, later by the hour: drawings are named by it.
local function age(r, at)
  local minutes = math.floor((r.now - at) / 60000)
  if minutes < 60 then return minutes end
  return 'h' .. math.floor(minutes / 60)
end

-- What the card needs of all this, in the order of store.conversations._Sight; r.crm: {id, fresh ms} of each connection that is on.
-- Only with r.fetch somebody waits for an answer and may be given the look-up of what was never read. Second: what a drawing depends on; nil
-- when more is about to come, so that none is kept.
local function crm_of(r, c, message, customer)
  if not r.crm or not customer then return encode(nil), '' end
  local hash = call('HGETALL', r.p .. 'xc:' .. customer.id)
  local have, broken, seen = {}, {}, {}
  for i = 1, #hash, 2 do have[hash[i]] = hash[i + 1] end
  local gates = call('HGETALL', r.p .. 'xb')
  for i = 1, #gates, 2 do
    local till = tonumber(string.match(gates[i + 1], '^(%d+)'))
    if till > r.now then broken[gates[i]] = till end
  end
  local entries, pending, fetch, shut = {}, {}, {}, {}
  for i = 1, #r.crm do
    local id, fresh = r.crm[i][1], r.crm[i][2]
    local raw = have[id]
    if raw then
      local at, tried, state = string.match(have[id .. '|at'], '^(%d+):(%d+):(%a+)$')
      at, tried = tonumber(at), tonumber(tried)
      local holds = (state == 'none' or state == 'failed' or tried > at) and math.min(BRIEFLY, fresh) or fresh
      local again = not r.quiet and not broken[id] and (have[id .. '|old'] or r.now - math.max(at, tried) >= holds)
      if again then look_later(r, customer.id, id, c.id) end
      if again and at == 0 then
        pending[#pending + 1] = id -- that it could not be read some time ago says nothing of now
      else
        entries[#entries + 1] = raw
        seen[#seen + 1] = id .. have[id .. '|at'] .. age(r, at)
      end
    elseif not broken[id] then
      if r.fetch and looking(r, customer.id, id, LOOKING) then fetch[#fetch + 1] = id end
      pending[#pending + 1] = id
    end
    if broken[id] then
      shut[#shut + 1] = encode(id)
      shut[#shut + 1] = encode(broken[id])
      seen[#seen + 1] = '!' .. id .. broken[id]
    end
  end
  local errands = {}
  if message then
    local all = call('HGETALL', r.p .. 'xe:' .. message.key)
    for i = 2, #all, 2 do
      errands[#errands + 1] = all[i]
      seen[#seen + 1] = all[i] .. age(r, decode(all[i]).at)
    end
  end
  return joined({ joined(entries), encode(pending), joined(shut), joined(errands), encode(fetch) }),
    #fetch == 0 and table.concat(seen, '|') .. table.concat(pending, ',') or nil
end

-- The links of one record go to another, whose own stay; what was read of either is read again.
local function join_links(r, from, to)
  local links = call('HGETALL', r.p .. 'xl:' .. from)
  for i = 1, #links, 2 do call('HSETNX', r.p .. 'xl:' .. to, links[i], links[i + 1]) end
  call('DEL', r.p .. 'xl:' .. from, r.p .. 'xc:' .. from, r.p .. 'xc:' .. to)
end

local function lines_with(text, line)
  local kept = {}
  for one in string.gmatch(text or '', '[^\n]+') do
    if one ~= line then kept[#kept + 1] = one end
  end
  return kept
end

local function link(r, k, a)
  local links, ref = r.p .. 'xl:' .. k.id, a.kind .. '/' .. a.record
  call('HSET', links, a.connection, ref)
  local others = lines_with(call('HGET', links, '-' .. a.connection), ref)
  if #others > 0 then call('HSET', links, '-' .. a.connection, table.concat(others, '\n')) else call('HDEL', links, '-' .. a.connection) end
  drop_entry(r, k.id, a.connection)
end

local function unlink(r, k, a)
  local links, ref = r.p .. 'xl:' .. k.id, a.kind .. '/' .. a.record
  if call('HGET', links, a.connection) == ref then call('HDEL', links, a.connection) end
  local others = lines_with(call('HGET', links, '-' .. a.connection), ref)
  others[#others + 1] = ref
  while #others > 50 do table.remove(others, 1) end
  call('HSET', links, '-' .. a.connection, table.concat(others, '\n'))
  drop_entry(r, k.id, a.connection)
end

-- An errand for the open mail, once for the whole team; one that failed may be tried again.
local function errand(r, c, key, connection, kind, title, ref, sealed, files)
  local hash, field = r.p .. 'xe:' .. key, connection .. '|' .. kind
  local before = call('HGET', hash, field)
  if before then
    local state = decode(before).state
    if state ~= 'failed' and state ~= 'unsure' then return 'logged' end
  end
  call('HSET', hash, field, encode({
    connection = connection, kind = kind, by = r.me, at = r.now, state = 'waiting', title = title, ref = ref,
    files = files or false,
  }))
  crm_job(r, 'errand', key, encode({ field = field, cid = c.id, sealed = sealed }))
  happen(r, c, r.now, r.me, kind == 'log' and 'logged' or 'created', { connection = connection, what = kind })
  bump(c, false)
  return 'ok'
end

local function forget_errands(r, key)
  call('DEL', r.p .. 'xe:' .. key)
  local waiting = call('XRANGE', r.p .. 'cj', '-', '+')
  for i = 1, #waiting do
    local fields = waiting[i][2]
    for f = 1, #fields, 2 do
      if fields[f] == 'about' and fields[f + 1] == key then call('XDEL', r.p .. 'cj', waiting[i][1]) end
    end
  end
end

-- look: what a look-up of r.customer must know. Answers {record, link, not these, entry}; {} when the customer is gone.
redis.register_function(PREFIX .. 'crm_look', function(_, args)
  local r = request(args)
  local raw = call('GET', r.p .. 'p:' .. r.customer)
  if not raw then return {} end
  local links = call('HMGET', r.p .. 'xl:' .. r.customer, r.connection, '-' .. r.connection)
  return { raw, links[1] or '', links[2] or '', call('HGET', r.p .. 'xc:' .. r.customer, r.connection) or '' }
end)

-- keep: the entry (ARGV[2]) that came of a look-up which had seen r.link and r.unlike; r.head, r.refs (digests), r.cid. Answers the number of
-- the feed, or false when it was overtaken: the customer is gone, or somebody has chosen another record meanwhile.
redis.register_function(PREFIX .. 'crm_keep', function(_, args)
  local r = request(args)
  local links = call('HMGET', r.p .. 'xl:' .. r.customer, r.connection, '-' .. r.connection)
  call('DEL', r.p .. 'xq:' .. r.customer .. ':' .. r.connection)
  if call('EXISTS', r.p .. 'p:' .. r.customer) == 0 or (links[1] or '') ~= r.link or (links[2] or '') ~= r.unlike then return false end
  local key = r.p .. 'xc:' .. r.customer
  call('HSET', key, r.connection, args[2], r.connection .. '|at', r.head, r.connection .. '|cid', r.cid)
  call('HDEL', key, r.connection .. '|old')
  call('EXPIRE', key, KEPT)
  for i = 1, #r.refs do
    local at = r.p .. 'xr:' .. r.connection .. ':' .. r.refs[i]
    call('SADD', at, r.customer)
    call('EXPIRE', at, KEPT)
  end
  if r.cid ~= '' then publish(r, r.cid, 'note') end
  return feed_of(r)
end)

-- moved: records (r.refs, digests) or addresses (r.addresses, digests) of a connection have changed. What somebody looked at within the hour is
-- read again at once, the rest when it is opened. Answers how many customers it was about.
redis.register_function(PREFIX .. 'crm_moved', function(_, args)
  local r = request(args)
  local found = {}
  for i = 1, #r.refs do
    local ids = call('SMEMBERS', r.p .. 'xr:' .. r.connection .. ':' .. r.refs[i])
    for n = 1, #ids do add(found, ids[n]) end
  end
  for i = 1, #r.addresses do
    local pointer = call('GET', r.p .. 'a:' .. r.addresses[i])
    if pointer then add(found, string.match(pointer, '^[^\n]*')) end
  end
  local about = 0
  for i = 1, #found do
    local key = r.p .. 'xc:' .. found[i]
    local head = call('HGET', key, r.connection .. '|at')
    if head then
      about = about + 1
      call('HSET', key, r.connection .. '|old', '1')
      local tried = tonumber(string.match(head, ':(%d+):'))
      if r.now - tried < 3600000 then look_later(r, found[i], r.connection, call('HGET', key, r.connection .. '|cid') or '') end
    end
  end
  return about
end)

-- errand_of: the errand r.field of the mail r.key as it stands, '' when it was taken back.
redis.register_function(PREFIX .. 'crm_errand', function(_, args)
  local r = request(args)
  return call('HGET', r.p .. 'xe:' .. r.key, r.field) or ''
end)

-- errand_went: what became of it (r.errand; nil when it is no more), shown to whoever has the conversation r.cid open.
redis.register_function(PREFIX .. 'crm_errand_went', function(_, args)
  local r = request(args)
  local hash = r.p .. 'xe:' .. r.key
  if call('HEXISTS', hash, r.field) == 0 then return 0 end
  if r.errand then call('HSET', hash, r.field, encode(r.errand)) else call('HDEL', hash, r.field) end
  if r.cid ~= '' then publish(r, r.cid, 'note') end
  return 1
end)

-- The gate in front of one connection, shared by all copies: {p}xb is a hash: connection -> "<shut until>:<failures>:<for how long>".
local FAILURES, SHUT, LONGEST = 5, 30000, 300000

-- enter: may a call be made? r.quotas: {calls, ms} each; r.cost. Answers {'go'} | {'wait', ms} | {'broken', until}.
redis.register_function(PREFIX .. 'gate_enter', function(_, args)
  local r = request(args)
  local state = call('HGET', r.p .. 'xb', r.connection)
  if state then
    local till, failures = string.match(state, '^(%d+):(%d+):')
    till = tonumber(till)
    if till > r.now then return { 'broken', till } end
    -- Half open: one call finds out whether it is well again.
    if tonumber(failures) >= FAILURES and not call('SET', r.p .. 'xp:' .. r.connection, '1', 'NX', 'PX', 10000) then
      return { 'broken', r.now + 1000 }
    end
  end
  local wait, counts = 0, {}
  for i = 1, #r.quotas do
    -- A window is counted in eleven parts, of which the oldest counts whole: never more than the quota in any such time.
    local calls, part = r.quotas[i][1], math.max(1, math.floor(r.quotas[i][2] / 10))
    local key, now = r.p .. 'xg:' .. r.connection .. ':' .. i, math.floor(r.now / part)
    local all, used, oldest = call('HGETALL', key), 0, now
    for f = 1, #all, 2 do
      local at = tonumber(all[f])
      if at < now - 10 then
        call('HDEL', key, all[f])
      else
        used = used + tonumber(all[f + 1])
        oldest = math.min(oldest, at)
      end
    end
    if used + r.cost > calls then wait = math.max(wait, (oldest + 11) * part - r.now) end
    counts[i] = { key, now, r.quotas[i][2] }
  end
  if wait > 0 then
    call('DEL', r.p .. 'xp:' .. r.connection)
    return { 'wait', wait }
  end
  for i = 1, #counts do
    call('HINCRBY', counts[i][1], string.format('%d', counts[i][2]), r.cost)
    call('PEXPIRE', counts[i][1], counts[i][3] * 2)
  end
  return { 'go' }
end)

-- left: how the call went (r.ok), and for how long (r.pause, ms) the CRM wants to be left alone. Answers until when it is shut, 0 when it is not.
redis.register_function(PREFIX .. 'gate_left', function(_, args)
  local r = request(args)
  call('DEL', r.p .. 'xp:' .. r.connection)
  local state = call('HGET', r.p .. 'xb', r.connection)
  if r.ok then
    if state then call('HDEL', r.p .. 'xb', r.connection) end
    return 0
  end
  local till, failures, long = string.match(state or '0:0:0', '^(%d+):(%d+):(%d+)$')
  till, failures, long = tonumber(till), tonumber(failures) + 1, tonumber(long)
  if r.pause > 0 then
    till = math.max(till, r.now + math.min(r.pause, LONGEST))
  elseif failures >= FAILURES and till <= r.now then
    long = long == 0 and SHUT or math.min(long * 2, LONGEST)
    till = r.now + long
  end
  call('HSET', r.p .. 'xb', r.connection, string.format('%d:%d:%d', till, failures, long))
  return till
end)
