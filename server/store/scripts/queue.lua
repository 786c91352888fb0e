-- queue: the agent's home card: counts, and the first r.rows conversations of each list.

local function sum(r, command, family, ...)
  local n = 0
  for t = 1, #r.see do n = n + call(command, r.p .. family .. ':' .. r.see[t], ...) end
  return n
end

local function of_teams(r, family)
  local keys = {}
  for t = 1, #r.see do keys[t] = r.p .. family .. ':' .. r.see[t] end
  return keys
end

local function rows_of(r, ids)
  local rows = {}
  for i = 1, #ids do
    local c = load(r, ids[i])
    if c and visible(r, c.teams) then
      local k = c.cd ~= '' and customer_of(r, c.cd) or nil
      rows[#rows + 1] = { encode(c), k and encode(k) or '' }
    end
  end
  return rows
end

local function ids_of(list)
  local ids = {}
  for i = 1, #list do ids[i] = list[i][1] end
  return ids
end

local function soonest(r, keys, limit)
  local all, seen = {}, {}
  for k = 1, #keys do
    local got = call('ZRANGEBYSCORE', keys[k], '-inf', r.now, 'WITHSCORES', 'LIMIT', 0, limit)
    for i = 1, #got, 2 do
      if not seen[got[i]] then
        seen[got[i]] = true
        all[#all + 1] = { got[i], tonumber(got[i + 1]) }
      end
    end
  end
  table.sort(all, function(x, y) return x[2] < y[2] end)
  for i = #all, limit + 1, -1 do all[i] = nil end
  return all
end

-- Leases that ran out while nobody looked; bounded, the worker does the rest.
local function sweep_some(r, limit)
  local due = call('ZRANGEBYSCORE', r.p .. 'e', '-inf', r.now, 'LIMIT', 0, limit)
  for i = 1, #due do
    local c = load(r, due[i])
    if c and c.id == due[i] then
      lapse(r, c)
      save(r, c)
    else
      call('ZREM', r.p .. 'e', due[i])
    end
  end
  return #due
end

-- What the viewer may not see any more, or is no more, mentions nobody: it is taken off the list, so that count and rows agree.
local function mentions_of(r)
  local key = r.p .. 'x:' .. r.me
  local ids = call('ZREVRANGE', key, 0, -1)
  local kept = {}
  for i = 1, #ids do
    local c = load(r, ids[i])
    if c and visible(r, c.teams) then
      if #kept < r.rows then kept[#kept + 1] = ids[i] end
    else
      call('ZREM', key, ids[i])
    end
  end
  return kept
end

local function queue(_, args)
  local r = request(args)
  sweep_some(r, 20)
  local mentions = mentions_of(r)
  local mine = newest_of({ r.p .. 'qm:' .. r.me }, '+inf', r.rows)
  return {
    r.now,
    {
      call('ZCARD', r.p .. 'x:' .. r.me), sum(r, 'ZCOUNT', 'qd', '-inf', r.now), sum(r, 'ZCARD', 'qn'),
      call('ZCARD', r.p .. 'qm:' .. r.me), sum(r, 'ZCARD', 'qh'),
    },
    rows_of(r, mentions), rows_of(r, ids_of(soonest(r, of_teams(r, 'qd'), r.rows))),
    rows_of(r, ids_of(newest_of(of_teams(r, 'qn'), '+inf', r.rows))), rows_of(r, ids_of(mine)),
    rows_of(r, ids_of(newest_of(of_teams(r, 'qh'), '+inf', r.rows))), call('GET', r.p .. 'rev') or '0',
  }
end

redis.register_function(PREFIX .. 'queue', queue)

-- sweep: ends up to r.rows leases that ran out. Answers how many.
redis.register_function(PREFIX .. 'sweep', function(_, args)
  local r = request(args)
  return sweep_some(r, r.rows)
end)
