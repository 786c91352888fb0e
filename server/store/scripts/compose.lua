-- What is known of a compose window, and of a send.
--
-- r.answers: digest of the answered mail's id, ''; r.thread: pointer of the thread, or nil; r.subject: digest of the subject
-- without prefixes, '' when it is no reply's; r.people: {digest, domain digest} of each external recipient.

-- The conversation that the window answers: by the answered mail's id, by the thread in this mailbox, and else an open one with a recipient
-- under the same subject.
local function answering(r)
  if r.answers ~= '' then
    local all = call('HGETALL', r.p .. 'm:' .. r.answers)
    for f = 1, #all, 2 do
      if string.sub(all[f], 1, 1) ~= '#' then
        local message = decode(all[f + 1])
        local c = load(r, message.conversation)
        if c and visible(r, c.teams) then return c, message end
      end
    end
  end
  if r.thread then
    local message = pointed(r, r.thread)
    local c = message and load(r, message.conversation)
    if c and visible(r, c.teams) then return c, message end
  end
  if r.subject ~= '' then
    for i = 1, math.min(#r.people, 5) do
      local list = newest_of(shelves_of(r, r.people[i][1]), '+inf', 5)
      for n = 1, #list do
        local c = load(r, list[n][1])
        if c and c.sd == r.subject and c.kind ~= 'done' and visible(r, c.teams) then return c, nil end
      end
    end
  end
  return nil, nil
end

-- A recipient's conversation that matters most: a colleague's open one, else the newest.
local function foremost(r, digest)
  local list, newest = newest_of(shelves_of(r, digest), '+inf', 3), nil
  for n = 1, #list do
    local c = load(r, list[n][1])
    if c and visible(r, c.teams) then
      if c.kind ~= 'done' and c.claim and c.claim.owner ~= r.me and c.claim.expires > r.now then return c end
      newest = newest or c
    end
  end
  return newest
end

-- compose: answers {now, view or '', {{customer, company, conversation} as records or '' ...}, revision, feed}.
redis.register_function(PREFIX .. 'compose', function(_, args)
  local r = request(args)
  local c, message = answering(r)
  local shown = ''
  if c then
    look(r, c)
    shown = view(r, c, message)
  end
  local rows = {}
  for i = 1, #r.people do
    local digest, firm = r.people[i][1], r.people[i][2]
    local _, record = customer_of(r, digest)
    local latest = foremost(r, digest)
    rows[i] = {
      record or '', firm ~= '' and call('GET', r.p .. 'd:' .. firm) or '', latest and encode(latest) or '',
    }
  end
  return { r.now, shown, rows, call('GET', r.p .. 'rev') or '0', feed_of(r) }
end)

-- Whether one of the recipients takes part in the conversation, or stands on the answered mail (as its Reply-To may, under any domain).
local function concerns(r, c, message)
  -- A conversation lists eight of its parties: with so many, one that is not listed may still be one of them.
  if #c.pa >= 8 then return true end
  local known = message and call('HGET', r.p .. 'm:' .. message.key, '#' .. message.circle)
  local parties = known and decode(known).parties or {}
  for i = 1, #r.people do
    local person, firm = r.people[i][1], r.people[i][2]
    if has(c.pa, person) or has(parties, 'p:' .. person) then return true end
    if firm ~= '' and (has(c.pd, firm) or has(parties, 'd:' .. firm)) then return true end
  end
  return false
end

-- Sends of one day (UTC), by what became of the check, and by reason where there was none.
local function tally(r, code)
  local key = r.p .. 'sends:' .. math.floor(r.now / 86400000)
  call('HINCRBY', key, code, 1)
  for reason, count in pairs(r.missed) do call('HINCRBY', key, 'missed:' .. reason, count) end
  call('EXPIRE', key, 3456000)
end

-- send: somebody has pressed "send" and waits. Answers {code, by, since, now}: new | free | held | answered.
-- "free" counts as answered from now on: of two who press at the same time the second is asked.
redis.register_function(PREFIX .. 'send', function(_, args)
  local r = request(args)
  local c, message = answering(r)
  if not c or not concerns(r, c, message) then
    tally(r, 'new')
    return { 'new', '', 0, r.now }
  end
  lapse(r, c)
  local k, before, code, by, since = c.claim, c.answered, 'free', '', 0
  if k and k.owner ~= r.me then
    code, by, since = 'held', k.owner, k.since
  elseif before and before.by ~= '' and before.by ~= r.me and before.at >= (c.asked or 0) and not k then
    code, by, since = 'answered', before.by, before.at
  end
  if code == 'free' or (code == 'answered' and not r.ask) or r.shared then
    replied(r, c, r.shared and '' or r.me, r.now, 'sent')
  elseif not c.stopped or c.stopped.by ~= r.me or r.now - c.stopped.at > SAME_REPLY then
    c.stopped = { by = r.me, at = r.now }
    happen(r, c, r.now, r.me, code == 'held' and 'send_stopped' or 'send_asked', { other = by })
    bump(c, false)
  end
  tally(r, code)
  save(r, c)
  return { code, by, since, r.now }
end)

-- sends: answers {day, counts ...} of the last r.days days, newest first.
redis.register_function(PREFIX .. 'sends', function(_, args)
  local r = request(args)
  local today, days = math.floor(r.now / 86400000), {}
  for n = 0, r.days - 1 do days[#days + 1] = call('HGETALL', r.p .. 'sends:' .. (today - n)) end
  return days
end)
