/**
 * Takes or renews the lease, forgets what was sent, and reads what is queued, if the lease is held. Whoever comes late
 * with what it sent is listened to all the same: it is sent. KEYS: lease, queue.
 */
export const LEAD = `
if #ARGV > 4 then redis.call('XDEL', KEYS[2], unpack(ARGV, 5)) end
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return { 0 } end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local queued = {}
if ARGV[3] ~= '0' then queued = redis.call('XRANGE', KEYS[2], ARGV[4], '+', 'COUNT', ARGV[3]) end
return { 1, redis.call('TIME')[1], queued }
`;

/** Gives the lease up, if it is held, and forgets what was sent. KEYS: lease, queue. */
export const RELEASE = `
if #ARGV > 1 then redis.call('XDEL', KEYS[2], unpack(ARGV, 2)) end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

/** Queues announcements; the oldest make room where there are too many, and are counted. KEYS: queue, trimmed. */
export const QUEUE = `
for i = 2, #ARGV do redis.call('XADD', KEYS[1], '*', 'said', ARGV[i]) end
if redis.call('XLEN', KEYS[1]) <= tonumber(ARGV[1]) then return 0 end
local trimmed = redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[1])
redis.call('INCRBY', KEYS[2], trimmed)
return trimmed
`;
