-- Answers: what was understood of a mail, which templates the team picked for it, and what it has learned from that.
--
-- Vectors are int16, little-endian (server/replies/vectors.py); a template's picks are summed in int32, so that taking one back
-- leaves the very sum that was there before. Vectors of two models never meet: the model stands in the key.
--
-- {p}u:<mail> is a hash: model, vector, read (msgpack, the rest of what was understood), corrected (feelings, comma between).

local function add_up(sum, vector, sign)
  local out, at, from, n = {}, 1, 1, #vector / 2
  if sum and #sum ~= n * 4 then sum = nil end
  for i = 1, n do
    local value, before
    value, at = struct.unpack('<i2', vector, at)
    before = 0
    if sum then before, from = struct.unpack('<i4', sum, from) end
    out[i] = struct.pack('<i4', before + sign * value)
  end
  return table.concat(out)
end

local function picked_of(key)
  return call('HGETALL', key)
end

-- One pick more (sign 1) or one less (-1) of a template, for the mail's vector.
local function weigh(r, model, vector, team, template, sign)
  local sums, counts = r.p .. 'ps:' .. model .. ':' .. team, r.p .. 'pc:' .. model .. ':' .. team
  local count = call('HINCRBY', counts, template, sign)
  if count <= 0 then
    call('HDEL', counts, template)
    call('HDEL', sums, template)
  else
    call('HSET', sums, template, add_up(call('HGET', sums, template) or nil, vector, sign))
  end
  call('HINCRBY', r.p .. 'seq', 'learned:' .. team, 1)
  return count
end

local function job(r, kind, about, data)
  -- Whatever lies there for three days belongs to a worker that was never started.
  local id = call('HINCRBY', r.p .. 'seq', 'job', 1)
  call('XADD', r.p .. 'jobs', 'MINID', '~', string.format('%d', r.now - 259200000),
    string.format('%d-%d', r.now, id % 1000000), 'kind', kind, 'about', about, 'data', data)
end

-- A new mail waits to be read by the worker: its sealed text comes along with the mail (m.job).
local function to_be_read(r, m, key)
  if not m.job or m.job == '' or call('EXISTS', r.p .. 'uq:' .. key) == 1 then return end
  local model = call('HGET', r.p .. 'u:' .. key, 'model')
  if model and model == call('HGET', r.p .. 'seq', 'model') then return end
  job(r, 'read', key, m.job)
  call('SET', r.p .. 'uq:' .. key, '1', 'EX', 86400)
end

-- The agent has taken a template for the open mail. a: template, how = "as_is" | "edited", changed (permille of the words), shown (ids), pick.
local function pick(r, c, a)
  local message = message_of(r)
  local key = message and message.key or ''
  local team = c.teams[1] or ''
  local model, vector = unpack(call('HMGET', r.p .. 'u:' .. key, 'model', 'vector'))
  local known = vector and #vector > 0
  if known then
    local count = weigh(r, model, vector, team, a.template, 1)
    call('LPUSH', r.p .. 'pt:' .. team, key .. '|' .. a.template)
    call('LTRIM', r.p .. 'pt:' .. team, 0, 4999)
    if count >= 5 then job(r, 'refit', team, '') end
  end
  local id = 'p' .. call('HINCRBY', r.p .. 'seq', 'pick', 1)
  if key ~= '' then
    call('HSET', r.p .. 'pm:' .. key, id, encode({
      id = id, by = r.me, at = r.now, template = a.template, how = a.how, changed = a.changed, team = team,
      conversation = c.id, model = known and model or '',
    }))
  end
  c.template = a.template
  local stats = r.p .. 'ts:' .. a.template
  call('HINCRBY', stats, a.how, 1)
  call('HINCRBY', stats, 'changed', a.changed)
  for i = 1, #a.shown do
    if a.shown[i] == a.template then break end
    call('HINCRBY', r.p .. 'ts:' .. a.shown[i], 'passed_over', 1)
  end
  happen(r, c, r.now, r.me, 'picked', { template = a.template, title = a.title, how = a.how })
  return id
end

-- The agent wrote an answer of their own although these had been proposed.
local function rejected(r, shown)
  for i = 1, #shown do call('HINCRBY', r.p .. 'ts:' .. shown[i], 'rejected', 1) end
end

local function unpick(r, key, id)
  local raw = call('HGET', r.p .. 'pm:' .. key, id)
  if not raw then return nil end
  local p = decode(raw)
  call('HDEL', r.p .. 'pm:' .. key, id)
  if p.model ~= '' then
    local model, vector = unpack(call('HMGET', r.p .. 'u:' .. key, 'model', 'vector'))
    -- Sums of another model are never read again: there is nothing to take back.
    if model == p.model then
      weigh(r, p.model, vector, p.team, p.template, -1)
      call('LREM', r.p .. 'pt:' .. p.team, 1, key .. '|' .. p.template)
    end
  end
  call('HINCRBY', r.p .. 'ts:' .. p.template, p.how, -1)
  call('HINCRBY', r.p .. 'ts:' .. p.template, 'changed', -p.changed)
  return p
end

-- A forgotten mail takes back what was learned from it, and its text if it still waits to be read.
local function forget_answers(r, key)
  local all = picked_of(r.p .. 'pm:' .. key)
  for i = 1, #all, 2 do unpick(r, key, all[i]) end
  call('DEL', r.p .. 'u:' .. key, r.p .. 'uq:' .. key, r.p .. 'pm:' .. key)
  local waiting = call('XRANGE', r.p .. 'jobs', '-', '+')
  for i = 1, #waiting do
    local fields = waiting[i][2]
    for f = 1, #fields, 2 do
      if fields[f] == 'about' and fields[f + 1] == key then call('XDEL', r.p .. 'jobs', waiting[i][1]) end
    end
  end
end

-- What was given to the customer in the last thirty days: benefit ids, one for each time.
local MONTH = 2592000000
local function given_to(r, k)
  local ids = {}
  local list = k and call('ZRANGEBYSCORE', r.p .. 'bn:' .. k.id, r.now - MONTH, '+inf') or {}
  for i = 1, #list do ids[i] = string.match(list[i], '^[^|]*') end
  return ids
end

-- a: benefit, per_month. False when the customer has had it as often as they may.
local function give(r, c, k, a)
  local times, ids = 0, given_to(r, k)
  for i = 1, #ids do
    if ids[i] == a.benefit then times = times + 1 end
  end
  if not k or times >= a.per_month then return false end
  call('ZADD', r.p .. 'bn:' .. k.id, r.now, a.benefit .. '|' .. c.id .. '|' .. string.format('%d', r.now))
  happen(r, c, r.now, r.me, 'benefit', { benefit = a.benefit })
  return true
end

-- The reply that should have brought the benefit was never made.
local function take_back(r, c, k, benefit)
  local list = k and call('ZREVRANGE', r.p .. 'bn:' .. k.id, 0, 9) or {}
  for i = 1, #list do
    if string.sub(list[i], 1, #benefit + #c.id + 2) == benefit .. '|' .. c.id .. '|' then
      call('ZREM', r.p .. 'bn:' .. k.id, list[i])
      return
    end
  end
end

-- Conversations like this one that the team has solved, as the worker found them: the record, and the sealed reply where one is kept.
local function similar_of(r, c, ids)
  local rows = {}
  for id in string.gmatch(ids or '', '[^,]+') do
    local one = id ~= c.id and load(r, id) or nil
    if one and one.id ~= c.id and one.kind == 'done' and visible(r, one.teams) then
      rows[#rows + 1] = joined({ r.raw[one.id], encode(call('GET', r.p .. 'rt:' .. one.id) or '') })
    end
  end
  return rows
end

-- What the card needs of all this, in the order of store.conversations._Answers: which model reads now, the two numbers by which a
-- copy notices that its matrix is old, whether the mail waits to be read, its picks, and the mail as it was understood.
local function answers_of(r, c, message, customer)
  local seq = call('HMGET', r.p .. 'seq', 'model', 'templates', 'learned:' .. (c.teams[1] or ''))
  local understood, waiting, picks, similar = encode(nil), false, {}, {}
  if message then
    local u = call('HMGET', r.p .. 'u:' .. message.key, 'model', 'vector', 'read', 'corrected', 'similar')
    if u[1] then
      -- cmsgpack would write the vector as a text, which it is not.
      local vector = string.char(0xc5, math.floor(#u[2] / 256), #u[2] % 256) .. u[2]
      understood = joined({ encode(u[1]), vector, u[3], encode(u[4] or '') })
      similar = similar_of(r, c, u[5])
    else
      waiting = call('EXISTS', r.p .. 'uq:' .. message.key) == 1
    end
    local all = picked_of(r.p .. 'pm:' .. message.key)
    for i = 2, #all, 2 do picks[#picks + 1] = all[i] end
  end
  return joined({
    encode(seq[1] or ''), encode(tonumber(seq[2] or '0')), encode(tonumber(seq[3] or '0')), encode(waiting), joined(picks), understood,
    encode(given_to(r, customer)), joined(similar),
  })
end
