import assert from 'node:assert/strict';
import { councilFileOf, readCouncilFile } from '../../backend/server/council-file';

const read = (text: string): Omit<ReturnType<typeof readCouncilFile>, 'placeOf'> => {
  const { placeOf: _, ...council } = readCouncilFile(text, 'team.yaml');
  return council;
};

describe('the file of a council', () => {
  it('is YAML or JSON, with members as letters or with roles', () => {
    const yaml =
      'name: team\nprocedure: debate\ninstruction: |\n  Be brief.\n  Be right.\nmembers:\n  - a\n  - expert: B\n    role: You know law.\n  - chat: http://127.0.0.1:11434/v1#llama3.2\n    role: You know all.\n';
    const council = {
      ...{ name: 'team', procedure: 'debate', instruction: 'Be brief.\nBe right.' },
      members: [
        { letter: 'A', role: '' },
        { letter: 'B', role: 'You know law.' },
        { chat: 'http://127.0.0.1:11434/v1#llama3.2', role: 'You know all.' },
      ],
    };
    assert.deepEqual(read(yaml), council);
    assert.deepEqual(
      read(JSON.stringify({ ...council, members: ['A', { expert: 'b', role: 'You know law.' }, council.members[2]] })),
      council,
    );
  });

  it('is written so that it gives the same again, whatever a role says', () => {
    for (const role of [
      'yes',
      '# no: comment',
      ' - "x"\n{{y}}'.trim(),
      `${'long words '.repeat(40)}end`,
      'a\n\nb: c',
      '12',
    ]) {
      const members = [
        { letter: 'A', role },
        { chat: 'local', role },
      ];
      const content = { name: 'team', experts: 'experts-example', procedure: 'vote', instruction: role, members };
      assert.deepEqual(read(councilFileOf({ ...content, instructionBy: 'drafted' })), content);
    }
  });

  const refused: [what: string, text: string, message: RegExp, next: RegExp][] = [
    ['nothing', '', /team\.yaml holds no council/, /members:/],
    ['a list', '- A\n- B', /holds no council/, /members:/],
    ['broken YAML', 'name: team\nmembers: [A', /no council in YAML: .*line/, /Mend/],
    ['a key twice', 'members: [A]\nmembers: [B]', /no council in YAML: .*unique.* line 2/, /Mend/],
    ['no members', 'name: team', /line 1: the council has no members/, /- expert: A/],
    ['empty members', 'name: team\nmembers: []', /line 2: the council has no members/, /- expert: A/],
    ['members that are no list', 'members: A', /line 1: members are a list/, /- expert: A/],
    ['a member that is none', 'members:\n  - A\n  - 7', /line 3: this is no member/, /- expert: A/],
    ['a member without an expert', 'members:\n  - role: x', /line 2: a member names its expert/, /- expert: A/],
    [
      'a chat model in the place of an expert',
      'members:\n  - http://x/v1#llama',
      /line 2: http:\/\/x\/v1#llama is no letter/,
      /by chat: instead of expert:/,
    ],
    ['an unknown key', 'name: x\nrolls: y\nmembers: [A]', /line 2: there is no rolls here/, /name, experts, procedure/],
    [
      'an unknown key of a member',
      'members:\n  - expert: A\n    rol: y',
      /line 3: there is no rol here/,
      /expert, chat, role/,
    ],
    ['an unknown procedure', 'procedure: duel\nmembers: [A]', /line 1: there is no procedure duel/, /vote, .*lego/],
    ['a role that is no text', 'members:\n  - expert: A\n    role: [x]', /line 3: role is no text/, /quotes/],
    ['a name that is none', 'name: "../x"\nmembers: [A]', /line 1: a council cannot have this name/, /letters, digits/],
    ['a text too long', `instruction: ${'x'.repeat(20_001)}\nmembers: [A]`, /line 1: instruction has 20,001/, /20,000/],
    ['too many members', `members: [${'A,'.repeat(65)}]`, /64 members at most/, /Leave/],
    ['aliases without end', bomb(), /too many aliases/, /Mend/],
    ['brackets without end', `members: ${'['.repeat(20_000)}`, /no council in YAML/, /Mend/],
  ];
  for (const [what, text, message, next] of refused) {
    it(`with ${what} is refused at its place, with the next step`, () => {
      assert.throws(() => readCouncilFile(text, 'team.yaml'), { name: 'UserError', message, next });
    });
  }
});

/** Ten times ten times ten … entries in a few lines. */
function bomb(): string {
  const levels = [...'bcdefghi'].map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]},`.repeat(10)}]`);
  return ['a: &a [x]', ...levels].join('\n');
}
