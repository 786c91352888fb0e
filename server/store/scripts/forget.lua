-- forget: one address in one conversation (r.cid, r.digest, r.address): its mails go, and the whole conversation when nobody else wrote in it.
-- Answers {mails, notes, conversations} removed.

redis.register_function(PREFIX .. 'forget', function(_, args)
  local r = request(args)
  local raw = call('GET', r.p .. 'c:' .. r.cid)
  if not raw then return { 0, 0, 0 } end
  local c = decode(raw)
  local mails, kept = 0, {}
  local list = call('ZRANGE', r.p .. 'ms:' .. c.id, 0, -1)
  local alone = #c.pa <= 1 or (#without(c.pa, r.digest) == 0)
  local party = 'p:' .. r.digest
  for i = 1, #list do
    local one = decode(list[i])
    local hash, mine = r.p .. 'm:' .. one.key, {}
    local all = call('HGETALL', hash)
    for f = 1, #all, 2 do
      if string.sub(all[f], 1, 1) ~= '#' and decode(all[f + 1]).conversation == c.id then mine[#mine + 1] = all[f] end
    end
    -- Theirs is what they wrote, and what we wrote to them: an answer repeats names and matters.
    local named = false
    for f = 1, #mine do
      local index = decode(call('HGET', hash, '#' .. mine[f]))
      if has(index.parties, party) then
        named = true
        for n = 1, #index.ids do call('HDEL', r.p .. 'i:' .. index.ids[n], party) end
      end
    end
    if alone or one.sender == r.address or (named and one.direction == 'out') then
      for f = 1, #mine do
        local index = decode(call('HGET', hash, '#' .. mine[f]))
        for n = 1, #index.parties > 0 and #index.ids or 0 do
          call('HDEL', r.p .. 'i:' .. index.ids[n], unpack(index.parties))
        end
        call('HDEL', hash, mine[f], '#' .. mine[f])
      end
      call('ZREM', r.p .. 'ms:' .. c.id, list[i])
      if call('EXISTS', hash) == 0 then
        forget_answers(r, one.key)
        forget_errands(r, one.key)
        for n = 1, #r.corrections do call('HDEL', r.p .. 'co:' .. r.corrections[n], one.key) end
      end
      mails = mails + 1
    else
      for f = 1, #mine do
        local index = decode(call('HGET', hash, '#' .. mine[f]))
        index.parties = without(index.parties, party)
        call('HSET', hash, '#' .. mine[f], encode(index))
      end
      kept[#kept + 1] = one
    end
  end
  unshelve(r, c)
  -- Whatever they asked is not found by others any more; the conversation is found again when it is done once more.
  for i = 1, #r.shelves do
    call('HDEL', r.p .. 'sv:' .. r.shelves[i], c.id)
    call('ZREM', r.p .. 'so:' .. r.shelves[i], c.id)
  end
  call('DEL', r.p .. 'rt:' .. c.id)
  if alone then
    local notes = call('LLEN', r.p .. 'n:' .. c.id)
    c.kind, c.claim, c.assignee, c.due = 'done', nil, '', 0
    save(r, c)
    local root = c.alias ~= '' and load(r, c.id) or nil
    if root then
      root.parts = without(root.parts, c.id)
      if #root.parts == 1 then root.parts = {} end
      recount(r, root)
      bump(root, true)
      save(r, root)
    end
    call('DEL', r.p .. 'c:' .. c.id, r.p .. 'n:' .. c.id, r.p .. 't:' .. c.id, r.p .. 'ms:' .. c.id, r.p .. 'v:' .. c.id, r.p .. 'b:' .. c.id)
    for i = 1, #r.people do
      call('ZREM', r.p .. 'x:' .. r.people[i], c.id)
      call('HDEL', r.p .. 'o:' .. r.people[i], c.id)
    end
    return { mails, notes, 1 }
  end
  c.pa = without(c.pa, r.digest)
  if c.cd == r.digest then
    c.customer, c.cd, c.domain, c.dd = '', '', '', ''
    for i = 1, #kept do
      -- The conversation is another customer's from now on, the one who wrote last.
      local one = kept[i]
      if one.direction == 'in' then c.customer, c.cd, c.domain, c.dd = one.sender, one.cd, one.domain, one.dd end
    end
  end
  if c.own then c.own.pa = without(c.own.pa, r.digest) end
  c.subject = kept[1] and kept[1].subject or ''
  recount(r, c)
  shelve(r, c)
  bump(c, true)
  save(r, c)
  return { mails, 0, 0 }
end)

-- forget_customer: the address itself leaves its record; the record goes with its last address. Answers how many records went.
redis.register_function(PREFIX .. 'forget_customer', function(_, args)
  local r = request(args)
  local k = customer_of(r, r.digest)
  call('DEL', r.p .. 'a:' .. r.digest)
  if not k then return 0 end
  k.addresses, k.digests = without(k.addresses, r.address), without(k.digests, r.digest)
  call('DEL', r.p .. 'xc:' .. k.id)
  if #k.addresses == 0 then
    call('DEL', r.p .. 'p:' .. k.id, r.p .. 'bn:' .. k.id, r.p .. 'xl:' .. k.id)
    return 1
  end
  save_customer(r, k)
  return 0
end)
