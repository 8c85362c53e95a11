import fc from 'fast-check';
import { blobName, blobPath, folderOf } from '../../../../lib/adapters/embedded/blob-name.ts';

const segment = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.constantFrom('.', '..', 'a.blob', '.blob', 'A', 'a', '%2e', 'con', '~', '.writing'),
);
const name = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.map((text) => text.replaceAll('/', '_')).join('/'));

describe('blob names', () => {
  test('is the path of a usual name the name?', () => {
    expect(blobPath('state/op-0/12-3f9a.sorted')).toBe('state/op-0/12-3f9a.sorted.blob');
  });

  test('does every name come back from its path, which stays inside the folder?', () => {
    fc.assert(
      fc.property(name, (text) => {
        const file = blobPath(text);
        expect(blobName(file)).toBe(text);
        expect(file).toMatch(/^([a-z0-9_%-]+\/)*[a-z0-9_.%-]+\.blob$/);
        expect(file.split('/').slice(0, -1).join('/')).toBe(folderOf(text));
      }),
    );
  });

  test('have two names never one path, nor one a folder where the other has a file?', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(a !== b);
        expect(blobPath(a).toLowerCase()).not.toBe(blobPath(b).toLowerCase());
        expect(blobPath(a).startsWith(`${blobPath(b)}/`)).toBe(false);
      }),
    );
  });

  test.each(['notes.txt', 'a', '%zz.blob', 'A.blob', 'a.b/c.blob', '.blob', 'x/.blob', '%41.BLOB'])(
    'is the file %s no blob?',
    (file) => {
      expect(blobName(file)).toBeUndefined();
    },
  );
});
