import { describeBlocks, needsRedis } from '../docs/blocks.ts';
import { RedisServer } from './redis-server.ts';

describeBlocks(needsRedis, () => RedisServer.start());
