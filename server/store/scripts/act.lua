-- act: one change of one conversation, at most once (r.idem), refused when the card it was drawn on is stale (r.state).
-- Answers {code, word, replayed, view} with code ok | held | stale | not_mine | unknown_value | busy, or {'gone'} when the viewer may not see it.

local ops = {}

local function held_by_other(r, c)
  return c.claim and c.claim.owner ~= r.me
end

local function lease_to(r, c, owner, drafting)
  overtake(r, c, owner)
  c.fence = c.fence + 1
  c.claim = { owner = owner, since = r.now, expires = r.now + lease_of(r, drafting), fence = c.fence, drafting = drafting }
  if c.kind == 'open' and not c.before then
    c.before = { status = c.status, kind = c.kind }
    c.status, c.kind = r.status.working, 'working'
  end
  c.handler, c.touched = owner, true
end

function ops.take(r, c, _)
  if held_by_other(r, c) then return 'held' end
  if c.claim then
    renew(r, c)
    return 'ok'
  end
  if r.stale then return 'stale' end
  lease_to(r, c, r.me, false)
  happen(r, c, r.now, r.me, 'claimed', nil)
  bump(c, true)
  return 'ok'
end

function ops.start_reply(r, c, a)
  if held_by_other(r, c) then return 'held' end
  local d = c.draft
  -- Two clicks at the same moment must not make two drafts; ours is made within a few seconds, or fails.
  if a.host == 'gmail' and d and d.by == r.me and d.id == '' and d.box == a.box and r.now - d.at < 20000 then return 'busy' end
  if not c.claim and r.stale then return 'stale' end
  if a.gift then
    local k = c.cd ~= '' and (customer_of(r, c.cd) or new_customer(r, c.customer, c.cd, '', 0, ''))
    if not give(r, c, k or nil, a.gift) then return 'given' end
  end
  if not c.claim then
    lease_to(r, c, r.me, true)
    happen(r, c, r.now, r.me, 'claimed', nil)
  elseif not c.claim.drafting then
    c.claim.drafting = true
    c.claim.expires = r.now + r.draft
  end
  if a.host ~= '' and (a.anew or not d or d.id == '' or d.box ~= a.box) then
    c.draft = { by = r.me, at = r.now, host = a.host, id = '', thread = '', box = a.box }
  end
  happen(r, c, r.now, r.me, 'reply_started', nil)
  if a.pick then
    pick(r, c, a.pick)
  elseif #a.shown > 0 then
    rejected(r, a.shown)
  end
  -- A promise is due when it says so; an earlier time that somebody has set stays.
  if a.due > r.now and (c.due == 0 or a.due < c.due) then
    c.due = a.due
    happen(r, c, r.now, r.me, 'promised', { due = string.format('%d', a.due) })
  end
  bump(c, true)
  return 'ok'
end

function ops.draft_made(r, c, a)
  local d = c.draft
  if not d or d.by ~= r.me then return 'not_mine' end
  d.id, d.thread = a.id, a.thread
  bump(c, false)
  return 'ok'
end

function ops.draft_failed(r, c, a)
  local d = c.draft
  if a.pick ~= '' and r.message then unpick(r, r.message[1], a.pick) end
  if a.benefit ~= '' and c.cd ~= '' then take_back(r, c, customer_of(r, c.cd), a.benefit) end
  if d and d.by == r.me and d.id == '' then
    c.draft = nil
    bump(c, false)
  end
  return 'ok'
end

function ops.release(r, c, a)
  if not c.claim then return r.stale and 'stale' or 'not_mine' end
  if held_by_other(r, c) and not a.others then return 'not_mine' end
  if r.stale then return 'stale' end
  local owner = c.claim.owner
  -- Who gives it back has closed their reply form; a draft that lies in a mailbox may still be sent.
  if c.draft and c.draft.by == r.me and c.draft.id == '' then c.draft = nil end
  end_claim(r, c, 'released', r.me, '')
  if owner ~= r.me then call('HSET', r.p .. 'o:' .. owner, c.id, encode(c.ended)) end
  happen(r, c, r.now, r.me, 'released', { owner = owner })
  bump(c, true)
  return 'ok'
end

function ops.hand_over(r, c, a)
  if not c.claim or held_by_other(r, c) then return 'not_mine' end
  if r.stale then return 'stale' end
  local before = c.before
  c.draft = nil
  end_claim(r, c, 'handed_over', r.me, a.word)
  lease_to(r, c, a.to, false)
  c.before = before or c.before
  if a.tell then call('ZADD', r.p .. 'x:' .. a.to, r.now, c.id) end
  happen(r, c, r.now, r.me, 'handed_over', { to = a.to, word = a.word })
  bump(c, true)
  return 'ok'
end

function ops.take_over(r, c, a)
  if not c.claim or c.claim.fence ~= a.fence or c.claim.owner == r.me then return 'stale' end
  local owner, before = c.claim.owner, c.before
  end_claim(r, c, 'taken_over', r.me, a.reason)
  call('HSET', r.p .. 'o:' .. owner, c.id, encode(c.ended))
  lease_to(r, c, r.me, false)
  c.before = before or c.before
  happen(r, c, r.now, r.me, 'taken_over', { owner = owner, reason = a.reason })
  bump(c, true)
  return 'ok'
end

function ops.status(r, c, a)
  if held_by_other(r, c) then return 'held' end
  if r.stale then return 'stale' end
  local was = c.status
  if a.kind == 'done' then
    overtake(r, c, r.me)
    c.draft = nil
    if c.claim then end_claim(r, c, 'done', r.me, '') end
    c.closed_by, c.closed_at, c.hold = r.me, r.now, ''
    c.handler = r.me
    job(r, 'solved', c.id, '')
  elseif c.kind == 'done' then
    c.closed_by, c.closed_at = '', 0
  end
  c.status, c.kind, c.before, c.touched = a.status, a.kind, nil, true
  c.active = math.max(c.active, r.now)
  happen(r, c, r.now, r.me, 'status', { from = was, to = a.status })
  bump(c, true)
  shelve(r, c)
  return 'ok'
end

function ops.hold(r, c, a)
  if held_by_other(r, c) then return 'held' end
  if r.stale then return 'stale' end
  if a.hold ~= '' then
    if c.claim then
      c.before = nil
      end_claim(r, c, 'released', r.me, '')
    end
    if c.assignee == '' then c.assignee = r.me end
    c.held_at = r.now
    if c.kind == 'open' then c.status, c.kind = r.status.working, 'working' end
    if r.status.waiting ~= '' then c.status, c.kind = r.status.waiting, 'waiting' end
    happen(r, c, r.now, r.me, 'held', { hold = a.hold })
  else
    if c.kind == 'waiting' then c.status, c.kind = r.status.working, 'working' end
    happen(r, c, r.now, r.me, 'hold_ended', { hold = c.hold })
  end
  c.hold, c.touched = a.hold, true
  bump(c, true)
  return 'ok'
end

function ops.priority(r, c, a)
  happen(r, c, r.now, r.me, 'priority', { from = c.priority, to = a.priority })
  c.priority = a.priority
  bump(c, false)
  return 'ok'
end

function ops.assign(r, c, a)
  if r.stale then return 'stale' end
  happen(r, c, r.now, r.me, 'assigned', { from = c.assignee, to = a.to })
  c.assignee = a.to
  if a.to ~= '' and a.to ~= r.me and a.tell then call('ZADD', r.p .. 'x:' .. a.to, r.now, c.id) end
  bump(c, true)
  return 'ok'
end

function ops.tags(r, c, a)
  c.tags = a.tags
  happen(r, c, r.now, r.me, 'tags', { tags = table.concat(a.tags, ', ') })
  bump(c, false)
  return 'ok'
end

function ops.due(r, c, a)
  c.due = a.due
  happen(r, c, r.now, r.me, 'due', { due = string.format('%d', a.due) })
  bump(c, false)
  return 'ok'
end

function ops.note(r, c, a)
  local id = 'n' .. call('HINCRBY', r.p .. 'seq', 'n', 1)
  call('LPUSH', r.p .. 'n:' .. c.id, encode({ id = id, by = r.me, at = r.now, text = a.text, mentions = a.mentions }))
  for i = 1, #a.mentions do
    if a.mentions[i] ~= r.me and not has(a.quiet, a.mentions[i]) then call('ZADD', r.p .. 'x:' .. a.mentions[i], r.now, c.id) end
  end
  happen(r, c, r.now, r.me, 'noted', { note = id })
  bump(c, false)
  return 'ok'
end

function ops.customer(r, c, a)
  if c.cd == '' then return 'unknown_value' end
  local k = customer_of(r, c.cd) or new_customer(r, c.customer, c.cd, '', 0, '')
  k.name, k.reading, k.company, k.role, k.note, k.edited = a.name, a.reading, a.company, a.role, a.note, true
  save_customer(r, k)
  -- The company's name holds for everybody of its domain.
  if c.dd ~= '' and a.company ~= '' then call('SET', r.p .. 'd:' .. c.dd, encode({ domain = c.domain, name = a.company })) end
  happen(r, c, r.now, r.me, 'customer_edited', nil)
  bump(c, false)
  return 'ok'
end

function ops.merge_customers(r, c, a)
  if c.cd == '' then return 'unknown_value' end
  local mine = customer_of(r, c.cd) or new_customer(r, c.customer, c.cd, '', 0, '')
  local theirs = customer_of(r, a.digest)
  if theirs and theirs.id == mine.id then return 'ok' end
  if not theirs then theirs = { addresses = { a.address }, digests = { a.digest } } end
  for i = 1, #theirs.addresses do
    add(mine.addresses, theirs.addresses[i])
    add(mine.digests, theirs.digests[i])
    local name = string.match(call('GET', r.p .. 'a:' .. theirs.digests[i]) or '', '\n(.*)$') or ''
    call('SET', r.p .. 'a:' .. theirs.digests[i], mine.id .. '\n' .. name)
  end
  if theirs.id then
    for _, field in ipairs({ 'name', 'reading', 'company', 'role', 'note' }) do
      if mine[field] == '' then mine[field] = theirs[field] end
    end
    call('DEL', r.p .. 'p:' .. theirs.id)
    -- One person has had what either record had.
    local given = call('ZRANGE', r.p .. 'bn:' .. theirs.id, 0, -1, 'WITHSCORES')
    for i = 1, #given, 2 do call('ZADD', r.p .. 'bn:' .. mine.id, given[i + 1], given[i]) end
    call('DEL', r.p .. 'bn:' .. theirs.id)
    join_links(r, theirs.id, mine.id)
  end
  save_customer(r, mine)
  happen(r, c, r.now, r.me, 'customers_merged', nil)
  bump(c, true)
  return 'ok'
end

function ops.split_address(r, c, a)
  local k = c.cd ~= '' and customer_of(r, c.cd) or nil
  if not k or #k.addresses < 2 or not has(k.addresses, a.address) then return 'unknown_value' end
  k.addresses, k.digests = without(k.addresses, a.address), without(k.digests, a.digest)
  save_customer(r, k)
  local name = string.match(call('GET', r.p .. 'a:' .. a.digest) or '', '\n(.*)$') or ''
  new_customer(r, a.address, a.digest, name, 0, '')
  call('DEL', r.p .. 'xc:' .. k.id)
  happen(r, c, r.now, r.me, 'address_split', nil)
  bump(c, true)
  return 'ok'
end

function ops.move(r, c, a)
  if held_by_other(r, c) then return 'held' end
  if r.stale then return 'stale' end
  unshelve(r, c)
  happen(r, c, r.now, r.me, 'moved', { from = c.teams[1], to = a.team })
  c.teams = { a.team }
  if c.claim and a.members and not has(a.members, c.claim.owner) then end_claim(r, c, 'released', r.me, '') end
  if a.members and not has(a.members, c.assignee) then c.assignee = '' end
  shelve(r, c)
  bump(c, true)
  return 'ok'
end

function ops.unmerge(r, c, a)
  if not has(c.parts, a.part) or a.part == c.id then return 'unknown_value' end
  if r.stale then return 'stale' end
  local raw = call('GET', r.p .. 'c:' .. a.part)
  if not raw then return 'unknown_value' end
  local b = decode(raw)
  unshelve(r, c)
  local theirs = parts_of(b)
  for i = 1, #theirs do c.parts = without(c.parts, theirs[i]) end
  if #c.parts == 1 then c.parts = {} end
  c.apart, b.apart = c.apart or {}, b.apart or {}
  for i = 1, #theirs do add(c.apart, theirs[i]) end
  local mine = parts_of(c)
  for i = 1, #mine do add(b.apart, mine[i]) end
  b.alias = ''
  -- The histories of `c` are those of its own mails again, and of the parts that stay.
  c.pa, c.pd = without(c.own.pa, ''), without(c.own.pd, '')
  if #c.parts == 0 then c.own = nil end
  for i = 1, #c.parts do
    local stays = c.parts[i] ~= c.id and call('GET', r.p .. 'c:' .. c.parts[i])
    if stays then
      stays = decode(stays)
      for n = 1, #stays.pa do add(c.pa, stays.pa[n]) end
      for n = 1, #stays.pd do add(c.pd, stays.pd[n]) end
    end
  end
  recount(r, b)
  b.active = math.max(b.active, b.newest)
  bump(b, true)
  shelve(r, b)
  happen(r, b, r.now, r.me, 'split', { part = c.id })
  save(r, b)
  recount(r, c)
  shelve(r, c)
  happen(r, c, r.now, r.me, 'split', { part = b.id })
  bump(c, true)
  return 'ok'
end

function ops.pick(r, c, a)
  pick(r, c, a.pick)
  bump(c, false)
  return 'ok'
end

function ops.unpick(r, c, a)
  local p = r.message and unpick(r, r.message[1], a.pick)
  if not p then return 'unknown_value' end
  happen(r, c, r.now, r.me, 'unpicked', { template = p.template })
  bump(c, false)
  return 'ok'
end

-- An agent says that a head was wrong. The mark goes at once; the worker remembers the sentence, so that it counts less next time.
function ops.correct(r, c, a)
  local key = r.message and r.p .. 'u:' .. r.message[1]
  local before = key and call('HGET', key, 'corrected')
  if not before then return 'unknown_value' end
  if not string.find(',' .. before .. ',', ',' .. a.feeling .. ',', 1, true) then
    call('HSET', key, 'corrected', before == '' and a.feeling or before .. ',' .. a.feeling)
    job(r, 'correct', r.message[1], encode({ team = c.teams[1] or '', feeling = a.feeling }))
    happen(r, c, r.now, r.me, 'mood_corrected', { feeling = a.feeling })
  end
  if c.moods then c.moods = without(c.moods, a.feeling) end
  bump(c, false)
  return 'ok'
end

-- Whom a CRM means: for everybody from now on, and undone the same way.
local function linking(r, c, a, deed, kind)
  if c.cd == '' then return 'unknown_value' end
  deed(r, customer_of(r, c.cd) or new_customer(r, c.customer, c.cd, '', 0, ''), a)
  happen(r, c, r.now, r.me, kind, { connection = a.connection })
  bump(c, false)
  return 'ok'
end

function ops.link_record(r, c, a)
  return linking(r, c, a, link, 'record_linked')
end

function ops.unlink_record(r, c, a)
  return linking(r, c, a, unlink, 'record_unlinked')
end

function ops.log_mail(r, c, a)
  if not r.message then return 'unknown_value' end
  local ref = { connection = a.connection, kind = a.kind, id = a.record }
  return errand(r, c, r.message[1], a.connection, 'log', '', ref, a.letter, a.files)
end

function ops.create_in_crm(r, c, a)
  if not r.message then return 'unknown_value' end
  return errand(r, c, r.message[1], a.connection, a.what, a.title, nil, a.order)
end

function ops.unlog_mail(r, c, a)
  local field = a.connection .. '|log'
  local raw = r.message and call('HGET', r.p .. 'xe:' .. r.message[1], field)
  if not raw then return 'unknown_value' end
  local one = decode(raw)
  if one.state == 'failed' then
    call('HDEL', r.p .. 'xe:' .. r.message[1], field)
  elseif one.state == 'waiting' or one.state == 'undoing' then
    return 'busy'
  else
    one.state = 'undoing'
    call('HSET', r.p .. 'xe:' .. r.message[1], field, encode(one))
    crm_job(r, 'unlog', r.message[1], encode({ field = field, cid = c.id, sealed = '' }))
  end
  happen(r, c, r.now, r.me, 'unlogged', { connection = a.connection })
  bump(c, false)
  return 'ok'
end

local function act(_, args)
  local r = request(args)
  local c = load(r, r.cid)
  if not c or not visible(r, c.teams) then return { 'gone' } end
  lapse(r, c)
  local key = r.p .. 'k:' .. r.idem
  local code, replayed = call('GET', key), 1
  if not code then
    replayed = 0
    r.stale = not r.additive and r.state ~= c.state
    code = ops[r.op](r, c, r.change)
    if code ~= 'busy' then call('SET', key, code, 'PX', r.keep) end
  end
  look(r, c)
  return { code, replayed, view(r, c, message_of(r)) }
end

redis.register_function(PREFIX .. 'act', act)
