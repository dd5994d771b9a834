// A file of its own, so that the client, which is large, is only loaded when the greylist is kept in Redis.
export { Redis } from 'ioredis';
