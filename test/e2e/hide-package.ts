/** Makes it look as if classic-level were not installed. */
import { register } from 'node:module';

const hooks = `export async function resolve(name, context, next) {
  if (name !== 'classic-level') return next(name, context);
  throw Object.assign(new Error('hidden'), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
