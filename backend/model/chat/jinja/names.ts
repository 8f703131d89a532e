import { filters, type Names } from './filters';
import { tests } from './tests';
import { textOf } from './values';

/** Filters and tests by their names, as templates and other filters find them. */
export const names: Names = {
  filter: (name) => {
    if (Object.hasOwn(filters, name)) return filters[name];
    throw new Error(`there is no filter '${name}'`);
  },
  test: (name) => {
    if (name === 'filter') return (value) => Object.hasOwn(filters, textOf(value));
    if (name === 'test') return (value) => Object.hasOwn(tests, textOf(value));
    if (!Object.hasOwn(tests, name)) throw new Error(`there is no test '${name}'`);
    return (value, args) => tests[name](value, ...args);
  },
};
