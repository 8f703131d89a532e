/**
 * The commonest function words of some languages: articles, pronouns, prepositions, conjunctions, auxiliaries, and the adverbs that
 * stand in texts of any topic. A help only: what is common in all piles is left out in any language (`terms.ts`), but piles that
 * differ in manner (talk beside reports) differ in these words too. What is a function word in one language names a topic in another
 * ("war", "die"), so each list is a language of its own.
 */
const lists = [
  // English
  `a an the this that these those such same other others another each every either neither both all any some none nothing something
  anything everything someone anyone everyone nobody anybody somebody everybody one ones i me my mine myself we us our ours ourselves
  you your yours yourself yourselves he him his himself she her hers herself it its itself they them their theirs themselves who whom
  whose which what whatever whichever whoever of in on at by for with from to into onto upon over under above below between among
  through during before after against about around across along behind beyond within without toward towards until till since off out
  up down per via despite except like unlike besides outside and or but nor so yet if unless because although though while whereas
  whether than as once be am is are was were been being have has had having do does did doing done can could may might must shall
  should will would ought cannot not no yes never also too very just only even still already almost quite rather really much many more
  most less least few fewer several enough lot again ever always often sometimes usually perhaps maybe however therefore thus hence
  then there here where when why how now else instead otherwise moreover furthermore indeed get gets got getting go goes going gone
  went come came make makes made take took taken say says said tell told know knew let put use used using back etc mr mrs ms`,
  // German
  `der die das den dem des ein eine einer eines einem einen kein keine keinen keiner dieser diese dieses diesem diesen jener jene jeder
  jede jedes alle alles allem aller allen ich mich mir mein meine meinen du dich dir dein deine er ihn ihm sein seine seinen seiner
  seinem sie ihr ihre ihren ihrer ihrem es wir uns unser unsere euch euer man sich selbst wer wen wem was welche welcher welches etwas
  nichts jemand niemand in im an am auf aus bei beim mit nach von vom zu zum zur über unter vor hinter neben zwischen durch für gegen
  ohne um bis seit während wegen und oder aber sondern denn weil dass daß wenn ob als wie also doch obwohl damit sodass bin bist ist
  sind seid war waren wäre wären gewesen sei habe hast hat haben hatte hatten hätte werde wird werden wurde wurden worden würde würden
  kann können konnte könnte muss müssen musste soll sollen sollte will wollen wollte darf dürfen mag möchte nicht nie auch nur noch
  schon sehr so mehr viel viele wenig ganz gar immer wieder hier da dort dann nun jetzt wo wann warum ja nein mal eben etwa daher
  darum deshalb dabei davon dazu dafür`,
  // French
  `le la les l un une des du de d ce cet cette ces ça cela ceci celui celle ceux mon ma mes ton ta tes son sa ses notre nos votre vos
  leur leurs je me moi tu te toi il elle on nous vous ils elles lui eux se soi y en qui que quoi dont où quel quelle quels quelles
  lequel laquelle tout toute tous toutes même mêmes autre autres aucun aucune chaque plusieurs quelques rien personne à au aux dans par
  pour sur sous avec sans chez vers entre contre depuis pendant avant après jusque et ou mais donc or ni car si comme quand lorsque
  parce puisque afin ainsi suis es est sommes êtes sont était étaient été être étant sera serait fut ai as a avons avez ont avait
  avaient eu avoir ayant aura aurait fait faire peut peuvent pouvait doit doivent va vont ne n pas plus moins jamais non oui très trop
  peu beaucoup bien aussi encore toujours déjà alors puis ici là cependant pourtant c j m t s qu`,
  // Spanish
  `el la los las lo un una unos unas al del este esta estos estas esto ese esa esos esas eso aquel aquella mi mis tu tus su sus nuestro
  nuestra yo me mí tú te ti él ella ello nosotros vosotros ellos ellas usted ustedes nos os le les se sí que qué quien quién quienes
  cual cuál cuales cuyo donde dónde cuando cuándo como cómo todo toda todos todas otro otra otros otras cada mismo misma algo alguien
  algún alguno alguna algunos nada nadie ningún ninguna ambos de a en por para con sin sobre entre hasta desde hacia contra según
  durante tras y e o u ni pero sino aunque porque pues si soy es son era eran fue fueron ser sido siendo está están estaba estar estado
  he ha han había habían haber hay hubo tiene tienen tenía tener puede pueden podía poder debe deben hace hacer va van no ya más menos
  muy mucho mucha muchos poco también tampoco nunca siempre así aún todavía aquí allí ahora entonces luego antes después tan tanto solo
  sólo`,
  // Italian
  `il lo la i gli le l un uno una di a da in con su per tra fra del dello della dei degli delle al allo alla ai agli alle dal dalla dai
  dalle nel nello nella nei negli nelle sul sulla sui sulle questo questa questi queste quello quella quelli quelle mio mia tuo tua suo
  sua suoi sue nostro vostro loro io me mi tu te ti lui lei noi ci voi vi essi si sé ne che chi cui quale quali quanto cosa tutto tutta
  tutti tutte altro altra altri altre ogni stesso stessa qualche alcuni alcune niente nulla nessuno e ed o ma però anche se perché
  poiché mentre quando come dove dunque quindi sono sei è siamo siete era erano fu furono essere stato stata stati sarà sarebbe ho hai
  ha abbiamo avete hanno aveva avevano avere avuto può possono deve fare fatto non no sì più meno molto molti poco troppo così già ancora
  sempre mai ora poi qui lì solo ad senza dopo prima sotto sopra contro fino`,
  // Portuguese
  `o a os as um uma uns umas de do da dos das em no na nos nas num numa ao à aos às por pelo pela pelos pelas para com sem sob sobre
  entre até desde contra este esta estes estas isto esse essa esses essas isso aquele aquela aquilo meu minha teu tua seu sua seus suas
  nosso nossa eu me mim tu te ele ela nós eles elas você vocês se si lhe lhes que quem qual quais cujo onde quando como quanto todo toda
  todos todas tudo outro outra outros outras cada mesmo mesma algo alguém algum alguma alguns nada ninguém nenhum nenhuma e ou mas nem
  porém porque pois embora sou é são era eram foi foram ser sido sendo está estão estava estar tenho tem têm tinha ter há havia haver
  pode podem poder deve devem faz fazer vai vão não sim já mais menos muito muita muitos pouco também nunca sempre ainda aqui ali lá
  agora então depois antes assim só tão tanto`,
  // Dutch
  `de het een der des dit dat deze die zo'n elk elke ieder iedere alle alles al ik me mij mijn je jij jou jouw hij hem zijn zij ze haar
  hun hen wij we ons onze jullie u uw men zich zelf wie wat welke iets niets iemand niemand in op aan bij met naar van uit te ten ter
  tot voor door over onder tussen tegen zonder om sinds tijdens en of maar want omdat dus als dan toen hoewel terwijl ben bent is was
  waren geweest heb hebt heeft hebben had hadden word wordt worden werd werden kan kunnen kon moet moeten moest mag mogen zal zullen zou
  zouden wil willen gaat gaan doet doen niet nooit geen nee ja ook nog al wel zeer heel veel weinig meer meest minder altijd weer hier
  daar er waar wanneer waarom hoe nu zo toch reeds slechts alleen`,
  // Russian
  `и в во не что он на я с со как а то все всё она так его но да ты к у же вы за бы по только её ее мне было вот от меня ещё еще нет о
  из ему теперь когда даже ну вдруг ли если уже или ни быть был была были него до вас нибудь опять уж вам ведь там потом себя ничего ей
  может они тут где есть надо ней для мы тебя их чем сам чтоб чтобы без будто чего раз тоже себе под будет ж тогда кто этот эта это эти
  того потому этого какой совсем ним здесь этом один почти мой моя тем нее сейчас куда зачем всех никогда можно при наконец два об
  другой хоть после над больше тот через эти нас про всего них какая много разве свой свою своей также который которая которое которые
  которых очень`,
].map((list) => new Set(list.split(/\s+/)));

/** A second language counts where it makes up at least this share of what the first one does. */
const asWell = 0.5;

/**
 * The function words of the language of a pile, of which these are the words with how often they stand there: of the list that covers
 * most of it, and of those that cover half as much, as Portuguese beside Spanish does or a pile in two languages has it.
 */
export function functionWords(words: Iterable<readonly [word: string, count: number]>): ReadonlySet<string> {
  const covered = lists.map(() => 0);
  for (const [word, count] of words) {
    for (const [i, list] of lists.entries()) if (list.has(word)) covered[i] += count;
  }
  const most = Math.max(...covered);
  const spoken = lists.filter((_, i) => covered[i] > 0 && covered[i] >= asWell * most);
  return new Set(spoken.flatMap((list) => [...list]));
}
