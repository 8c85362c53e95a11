import { fileSink } from '../../../../lib/api/sink-kinds.ts';
import { pickDefinition } from '../../../../lib/cli/pipeline/pick-definition.ts';
import { files, json, pipeline } from '../../../../lib/index.ts';

const definition = (name: string) =>
  pipeline(name)
    .source('in', files({ schema: json(), onInvalid: 'fail' }))
    .to('out', fileSink());

const [a, b] = [definition('a'), definition('b')];

describe('the definition of a module', () => {
  test('is it the default export, the only one, or the one that is named?', () => {
    expect(pickDefinition('p.ts', { default: a, b }, undefined)).toEqual({ definition: a, exportName: 'default' });
    expect(pickDefinition('p.ts', { other: 3, b }, undefined)).toEqual({ definition: b, exportName: 'b' });
    expect(pickDefinition('p.ts', { default: a, b }, 'b')).toEqual({ definition: b, exportName: 'b' });
    expect(pickDefinition('p.ts', { x: a, y: a }, undefined)).toEqual({ definition: a, exportName: 'x' });
  });

  test.each([
    [{}, undefined, 'exports no pipeline'],
    [{ other: 3 }, undefined, 'its exports: other'],
    [{ a, b }, undefined, 'several pipelines: a, b'],
    [{ billing: a }, 'biling', "no export 'biling'"],
    [{ a, other: 3 }, 'other', 'something that is no pipeline'],
    [{ a }, 'toString', "no export 'toString'"],
  ])('is %p with --export %p refused?', (exports, wanted, message) => {
    expect(() => pickDefinition('p.ts', exports, wanted)).toThrow(
      expect.objectContaining({ code: 'TM_PIPELINE_EXPORT', message: expect.stringContaining(message) }),
    );
  });

  test('is the name suggested that was meant?', () => {
    expect(() => pickDefinition('p.ts', { billing: a }, 'biling')).toThrow(
      expect.objectContaining({ advice: expect.stringContaining("Did you mean 'billing'?") }),
    );
  });
});
