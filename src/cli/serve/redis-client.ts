// Apart, so that the client, which is large, is loaded where a greylist is kept in Redis alone.
export { Redis } from 'ioredis';
