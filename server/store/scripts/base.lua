-- What every function of the library shares: reading and writing the records of one workspace.
--
-- A request is one msgpack map in ARGV[1]; KEYS[1] is the workspace's sequence key, so that a cluster routes the call.
-- All other keys carry the same hash tag (r.p, "{w:<id>}:") and are named in server/store/keys.py.
-- Times are milliseconds by Redis's own clock; r.off shifts it in tests. Records are msgpack maps; fields that Python
-- does not know (num, pa, pd, q, first, before, apart, digests, score) are this library's own.

-- Neither redis.call nor Lua's own libraries can be named while a library is loaded: only inside functions.
local function call(...)
  return redis.call(...)
end

local function decode(text)
  return cmsgpack.unpack(text)
end

local function encode(value)
  return cmsgpack.pack(value)
end

-- A msgpack array of records that are msgpack already.
local function joined(records)
  local n = #records
  local head = n < 16 and string.char(0x90 + n) or string.char(0xdc, math.floor(n / 256), n % 256)
  return head .. table.concat(records)
end

-- The generation of kept drawings: forgetting somebody begins a new one, so that no older drawing can be kept any more.
local function drawings(r)
  return call('HGET', r.p .. 'seq', 'drawings') or '0'
end

-- A drawing that an earlier call's card left (ARGV[2]) comes along with the next call: r.drawing = {cid, sheet, until (ms)}.
-- A conversation keeps a few: one for each who looks at it.
local function keep(r, drawn)
  local key = r.p .. 'b:' .. r.drawing.cid
  if r.drawing['until'] <= r.now or string.match(r.drawing.sheet, '^%d+') ~= drawings(r) then return end
  if call('HLEN', key) >= 12 then call('DEL', key) end
  call('HSET', key, r.drawing.sheet, drawn)
  call('PEXPIREAT', key, r.drawing['until'] - (r.off or 0))
end

local function request(args)
  local r = decode(args[1])
  local t = call('TIME')
  r.now = t[1] * 1000 + math.floor(t[2] / 1000) + (r.off or 0)
  r.raw = {} -- conversations as they stand in the store, by id: an answer sends them as they are
  if r.drawing then keep(r, args[2]) end
  return r
end

local function has(list, value)
  for i = 1, #list do
    if list[i] == value then return true end
  end
  return false
end

local function add(list, value)
  if not has(list, value) then list[#list + 1] = value end
end

local function without(list, value)
  local kept = {}
  for i = 1, #list do
    if list[i] ~= value then kept[#kept + 1] = list[i] end
  end
  return kept
end

-- A conversation is open to everybody as soon as one of its teams is; else it belongs to the circle of its private teams.
-- Mails of different circles never share a conversation, so that joining or moving cannot show one circle's mail to another.
local function circle_of(teams, private)
  if #teams == 0 then return '' end
  local names = {}
  for i = 1, #teams do
    if not has(private, teams[i]) then return 'open' end
    names[#names + 1] = teams[i]
  end
  table.sort(names)
  return table.concat(names, '+')
end

local function visible(r, teams)
  for i = 1, #teams do
    if has(r.see, teams[i]) then return true end
  end
  return false
end

-- The conversation an id leads to, aliases followed.
local function load(r, cid)
  for _ = 1, 64 do
    local raw = call('GET', r.p .. 'c:' .. cid)
    if not raw then return nil end
    local c = decode(raw)
    if not c.alias or c.alias == '' then
      r.raw[cid] = raw
      return c
    end
    cid = c.alias
  end
  return nil
end

local function bump(c, stales)
  c.version = c.version + 1
  if stales then c.state = c.state + 1 end
  c.dirty = true
  c.moved = (stales or c.moved == 'state') and 'state' or 'note'
end

-- Tells the copies of the service that something shows differently now (store/feed.py): what = state | note | presence.
local function publish(r, cid, what)
  if r.import then return end
  local n = call('HINCRBY', r.p .. 'seq', 'feed', 1)
  call('XADD', r.p .. 'feed', 'MAXLEN', '~', 1000, n .. '-0', 'c', cid, 'w', what, 'b', r.me or '')
  call('EXPIRE', r.p .. 'feed', 172800)
end

local function feed_of(r)
  return tonumber(call('HGET', r.p .. 'seq', 'feed') or '0')
end

local function happen(r, c, at, by, kind, data)
  call('LPUSH', r.p .. 't:' .. c.id, encode({ at = at, by = by, kind = kind, born = c.id, data = data }))
end

-- The order of a queue: what is due first, then the upset and the urgent (MARKED), then who has waited longest (LATER). Each
-- begins where no date of the one before reaches: ms of the years 2033 and 2096.
-- Mails are dated to the second: the number keeps those of one second apart, so that a page's cursor skips and repeats nobody.
local MARKED, LATER = 2e12, 4e12
local function rank(c)
  local waited = c.newest > 0 and c.newest or c.active
  local base = c.due > 0 and c.due or (c.moods and #c.moods > 0 and MARKED or LATER) + waited
  return string.format('%.3f', base + (c.num % 1000000) / 1000)
end

-- The mail that was open when the card was drawn (r.message: key, circle).
local function message_of(r)
  local raw = r.message and call('HGET', r.p .. 'm:' .. r.message[1], r.message[2])
  return raw and decode(raw) or nil
end

-- Where a conversation waits in the queues: list name -> score. One open team stands for all of them, so that counts are exact.
local function queues_of(r, c)
  local q = {}
  if c.alias ~= '' or c.kind == 'done' then return q end
  local homes = {}
  for i = 1, #c.teams do
    if not has(r.private, c.teams[i]) then
      homes = { c.teams[i] }
      break
    end
    homes[#homes + 1] = c.teams[i]
  end
  local owner = c.claim and c.claim.owner or ''
  for i = 1, #homes do
    if c.hold ~= '' then
      q['qh:' .. homes[i]] = rank(c)
    elseif owner == '' and c.assignee == '' then
      q['qn:' .. homes[i]] = rank(c)
    end
    if c.due > 0 then q['qd:' .. homes[i]] = rank(c) end
  end
  if c.hold == '' then
    if owner ~= '' then q['qm:' .. owner] = rank(c) end
    if c.assignee ~= '' then q['qm:' .. c.assignee] = rank(c) end
  end
  return q
end

local function save(r, c)
  c.dirty = nil
  if c.moved then publish(r, c.id, c.moved) end
  c.moved = nil
  local wanted, held = queues_of(r, c), c.q or {}
  for i = 1, #held do
    if not wanted[held[i]] then call('ZREM', r.p .. held[i], c.id) end
  end
  c.q = {}
  for name, score in pairs(wanted) do
    call('ZADD', r.p .. name, score, c.id)
    c.q[#c.q + 1] = name
  end
  table.sort(c.q)
  if c.claim then
    call('ZADD', r.p .. 'e', c.claim.expires, c.id)
    c.leased = true
  elseif c.leased then
    call('ZREM', r.p .. 'e', c.id)
    c.leased = nil
  end
  r.raw[c.id] = encode(c)
  call('SET', r.p .. 'c:' .. c.id, r.raw[c.id])
end

-- Every list of history a conversation stands in: per customer address and per company domain, one for each of its teams.
local function shelves(r, c)
  local keys = {}
  for t = 1, #c.teams do
    for i = 1, #c.pa do keys[#keys + 1] = r.p .. 'ha:' .. c.pa[i] .. ':' .. c.teams[t] end
    for i = 1, #c.pd do keys[#keys + 1] = r.p .. 'hd:' .. c.pd[i] .. ':' .. c.teams[t] end
  end
  return keys
end

local function shelve(r, c)
  -- Scores of the same second differ by the number, less than a second in all, so that a page's cursor skips and repeats nobody:
  -- mails are dated to the second, and an import may bring thousands of one.
  local score = string.format('%.3f', c.active + (c.num % 1000000) / 1000)
  local keys = shelves(r, c)
  for i = 1, #keys do call('ZADD', keys[i], score, c.id) end
end

local function unshelve(r, c)
  local keys = shelves(r, c)
  for i = 1, #keys do call('ZREM', keys[i], c.id) end
end

-- Ends the claim; the status that taking had set goes back to what it was, unless somebody has chosen one since.
local function end_claim(r, c, how, by, reason, at)
  local k = c.claim
  if not k then return end
  c.ended = { owner = k.owner, at = at or r.now, how = how, by = by, reason = reason }
  c.claim = nil
  if c.before and how ~= 'done' then
    c.status, c.kind = c.before.status, c.before.kind
  end
  c.before = nil
  call('HDEL', r.p .. 'v:' .. c.id, k.owner)
  c.dirty = true
end

-- A lease that has run out ends at the moment it ran out, whoever notices it first.
local function lapse(r, c)
  local k = c.claim
  if k and k.expires <= r.now then
    happen(r, c, k.expires, '', 'claim_expired', { owner = k.owner })
    end_claim(r, c, 'expired', '', '', k.expires)
    bump(c, true)
  end
end

local function lease_of(r, drafting)
  return drafting and r.draft or r.lease
end

-- Looking at a conversation one holds is activity: it keeps the lease alive, written at most every r.every.
local function renew(r, c)
  local k = c.claim
  if k and k.owner == r.me then
    local until_ = r.now + lease_of(r, k.drafting)
    if until_ - k.expires >= r.every then
      k.expires = until_
      c.dirty = true
    end
  end
end

-- "composing" is said by an open compose window again and again, "replying" by the card that made the draft, once.
local function present(r, c)
  local key = r.p .. 'v:' .. c.id
  local doing = (c.claim and c.claim.owner == r.me and c.claim.drafting) and 'replying' or 'viewing'
  if r.replying then doing = 'composing' end
  local last = call('HGET', key, r.me)
  if last then
    local at, was = string.match(last, '^(%d+):(%a+)$')
    if was == doing and r.now - tonumber(at) < r.every then return end
    -- Looking at the card beside one's own open compose window does not mean to have stopped writing.
    if was == 'composing' and doing == 'viewing' and r.now - tonumber(at) < 120000 then return end
    -- After three minutes colleagues' cards do not name somebody any more who only looked.
    if was ~= doing or r.now - tonumber(at) >= 180000 then publish(r, c.id, 'presence') end
  else
    publish(r, c.id, 'presence')
  end
  call('HSET', key, r.me, string.format('%d:%s', r.now, doing))
  call('PEXPIRE', key, 900000)
end
