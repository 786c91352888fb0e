-- Replies: drafts that were begun, answers that were seen, and two of us answering the same mail.

-- Somebody else has the conversation now: whoever had begun a reply is told at their next look not to send it.
local function overtake(r, c, by)
  local d = c.draft
  if not d or d.by == by then return end
  local told = call('HGET', r.p .. 'o:' .. d.by, c.id)
  local ended = told and decode(told) or { owner = d.by, at = r.now, how = 'overtaken', by = by, reason = '' }
  ended.draft = d.at
  call('HSET', r.p .. 'o:' .. d.by, c.id, encode(ended))
  c.draft = nil
end

-- ms by which two dates of one and the same reply may differ: ours at the send, the mail's own in its header.
local SAME_REPLY = 600000
-- ms by which the clock that dates a mail may be behind ours.
local SKEW = 120000

-- One of us (`by`, "" when the mail does not say who) has answered at `at`; `how` = mail | sent | sent_unchecked.
-- It is a double reply when a colleague had the claim by then, or had answered the same question, and the writer had no claim.
local function replied(r, c, by, at, how)
  if at > r.now then at = r.now end
  local before, k, d = c.answered, c.claim, c.draft
  -- A mail from the shared address names nobody: it is the draft's, when there is one.
  if by == '' and d and at >= d.at - SKEW then by = d.by end
  if before and (before.by == by or by == '') and math.abs(before.at - at) < SAME_REPLY then
    if at > before.at then c.answered = { by = before.by, at = at } end
    return
  end
  local other = ''
  if k and k.owner ~= by and k.since <= at and by ~= '' then
    other = k.owner
  elseif before and by ~= '' and before.by ~= '' and before.by ~= by and (c.asked or 0) <= math.min(before.at, at)
    and not (k and k.owner == by) then
    other = before.by
  end
  if not before or at >= before.at then c.answered = { by = by, at = at } end
  if d and at >= d.at - SKEW then
    if d.by == by then
      c.draft = nil
      call('HDEL', r.p .. 'v:' .. c.id, by)
    elseif by ~= '' then
      overtake(r, c, by)
    end
  end
  if k and k.owner == by and k.drafting then
    k.drafting = false
    k.expires = math.max(k.since, r.now) + r.lease
  end
  if not k and by ~= '' and c.kind ~= 'done' and at >= (c.asked or 0) then
    -- Who answered what nobody had goes on with it: it waits for nobody else any more.
    if c.assignee == '' then c.assignee = by end
    if c.kind == 'open' then c.status, c.kind = r.status.working, 'working' end
  end
  happen(r, c, at, by, 'replied', { how = how })
  if other ~= '' then
    c.double = { by = by, other = other, at = at }
    happen(r, c, r.now, by, 'double_reply', { other = other })
    call('ZADD', r.p .. 'x:' .. by, r.now, c.id)
    call('ZADD', r.p .. 'x:' .. other, r.now, c.id)
  end
  -- The writer's own buttons, drawn while they had the conversation, are as right as before.
  bump(c, not (k and k.owner == by))
end
