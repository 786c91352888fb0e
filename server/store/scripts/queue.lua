-- queue: the agent's home card: counts, and the first r.rows conversations of each list, by due time, then by age (rank in base.lua).
-- r.of: the teams whose lists are shown, among those that the viewer may see.

local function of_teams(r, family)
  local keys, teams = {}, r.of or r.see
  for t = 1, #teams do keys[t] = r.p .. family .. ':' .. teams[t] end
  return keys
end

local function sum(r, command, family, ...)
  local n, keys = 0, of_teams(r, family)
  for t = 1, #keys do n = n + call(command, keys[t], ...) end
  return n
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

-- The first `limit` of the sorted sets `keys` between two scores: {id, score, score as text}.
local function first_of(keys, from, to, limit)
  local all, seen = {}, {}
  for k = 1, #keys do
    local got = call('ZRANGEBYSCORE', keys[k], from, to, 'WITHSCORES', 'LIMIT', 0, limit)
    for i = 1, #got, 2 do
      if not seen[got[i]] then
        seen[got[i]] = true
        all[#all + 1] = { got[i], tonumber(got[i + 1]), got[i + 1] }
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

local function counts(r)
  return {
    call('ZCARD', r.p .. 'x:' .. r.me), sum(r, 'ZCOUNT', 'qd', '-inf', r.now), sum(r, 'ZCARD', 'qn'),
    call('ZCARD', r.p .. 'qm:' .. r.me), sum(r, 'ZCARD', 'qh'),
  }
end

-- One list from a score on: the conversations, and where the next page begins ('' on the last).
local function listed(r, name, from)
  local to = name == 'overdue' and r.now or '+inf'
  local keys = name == 'mine' and { r.p .. 'qm:' .. r.me }
    or of_teams(r, ({ overdue = 'qd', unclaimed = 'qn', held = 'qh' })[name])
  local found = first_of(keys, from, to, r.rows + 1)
  local more = ''
  if #found > r.rows then
    found[#found] = nil
    more = found[#found][3]
  end
  return rows_of(r, ids_of(found)), more
end

redis.register_function(PREFIX .. 'queue', function(_, args)
  local r = request(args)
  sweep_some(r, 20)
  local mentions = mentions_of(r)
  local lists = { rows_of(r, mentions) }
  for _, name in ipairs({ 'overdue', 'unclaimed', 'mine', 'held' }) do lists[#lists + 1] = (listed(r, name, '-inf')) end
  return { r.now, counts(r), lists, call('GET', r.p .. 'rev') or '0', feed_of(r) }
end)

-- queue_page: r.list from r.cursor on. Answers {now, counts, rows, cursor, revision, feed}.
redis.register_function(PREFIX .. 'queue_page', function(_, args)
  local r = request(args)
  sweep_some(r, 20)
  local rows, more
  if r.list == 'mentions' then
    rows, more = rows_of(r, mentions_of(r)), ''
  else
    rows, more = listed(r, r.list, r.cursor == '' and '-inf' or '(' .. r.cursor)
  end
  return { r.now, counts(r), rows, more, call('GET', r.p .. 'rev') or '0', feed_of(r) }
end)

-- sweep: ends up to r.rows leases that ran out. Answers how many.
redis.register_function(PREFIX .. 'sweep', function(_, args)
  local r = request(args)
  return sweep_some(r, r.rows)
end)
