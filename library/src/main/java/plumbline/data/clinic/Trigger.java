package plumbline.data.clinic;

import static plumbline.data.clinic.Site.BACK;
import static plumbline.data.clinic.Site.CHEST;
import static plumbline.data.clinic.Site.FOOT;
import static plumbline.data.clinic.Site.HEAD;
import static plumbline.data.clinic.Site.HIP;
import static plumbline.data.clinic.Site.KNEE;
import static plumbline.data.clinic.Site.NECK;
import static plumbline.data.clinic.Site.SHOULDER;
import static plumbline.data.clinic.Site.STOMACH;
import static plumbline.data.clinic.Site.THROAT;

import java.util.List;

/** What set it off. The trigger decides the likely cause and the fitting advice. */
@SuppressWarnings("ImmutableEnumChecker") // the lists are all List.of
enum Trigger {
  LIFTING(
      List.of("after I lifted a heavy box", "after carrying heavy bags", "after moving furniture"),
      List.of("a strained muscle", "a pulled muscle", "a muscle strain"),
      List.of("avoid heavy loads and keep it warm", "put a warm pad on it"),
      List.of(NECK, BACK, CHEST, STOMACH, HIP),
      List.of(SHOULDER, KNEE)),
  MEAL(
      List.of("after a heavy meal", "after eating spicy food", "after a late dinner"),
      List.of("acid reflux", "acid irritation", "too much acid"),
      List.of("eat small meals without spices", "eat early and choose light meals"),
      List.of(BACK, STOMACH, THROAT),
      List.of(CHEST)),
  PRODUCT(
      List.of("after using a new soap", "after I tried a new cream", "after I used a new perfume"),
      List.of("an allergic reaction", "a mild allergy", "a skin allergy"),
      List.of("stop using the new product", "throw the new product away"),
      List.of(HEAD, NECK, SHOULDER, CHEST, STOMACH, THROAT, HIP, KNEE),
      List.of(BACK, FOOT)),
  FEVER(
      List.of("with fever and chills", "together with a high fever", "with sweating and chills"),
      List.of("a viral infection", "a common infection", "an acute infection"),
      List.of("stay in bed and drink tea", "drink plenty and sleep a lot"),
      List.of(HEAD, BACK, CHEST, THROAT, KNEE, FOOT),
      List.of(NECK, STOMACH)),
  STRESS(
      List.of("after a stressful week", "after worries at work", "before a difficult exam"),
      List.of("nervous tension", "tension from stress", "simple tension"),
      List.of("try slow breathing twice a day", "take quiet breaks to relax"),
      List.of(NECK, SHOULDER, BACK, CHEST, STOMACH),
      List.of(HEAD, THROAT)),
  SITTING(
      List.of("after sitting all day", "after hours at my desk", "after a long drive"),
      List.of("poor posture", "bad posture", "a bent posture"),
      List.of("stretch every hour", "adjust your chair and stretch often"),
      List.of(HEAD, NECK, SHOULDER, HIP, KNEE),
      List.of(BACK)),
  FALL(
      List.of("after I fell on the ice", "after I fell off my bike", "after I hit a door"),
      List.of("a simple bruise", "a deep bruise", "a bad bruise"),
      List.of("cool it with ice", "put a cold cloth on it"),
      List.of(HEAD, SHOULDER, BACK, HIP, KNEE, FOOT),
      List.of(CHEST)),
  RUNNING(
      List.of("after a long run", "after a long walk", "after training for a race"),
      List.of("simple overuse", "tendon overuse", "joint overuse"),
      List.of("pause your sport this week", "swim instead of running"),
      List.of(BACK, KNEE, FOOT),
      List.of(HIP));

  /** How patients tell it, as a clause after "my back hurts". */
  final List<String> clauses;

  /** The likely cause, with its article. */
  final List<String> causes;

  /** The fitting advice, as an order. */
  final List<String> advice;

  /** Sites it goes with in the training complaints, and in the test complaints. */
  final List<Site> trainSites;

  final List<Site> testSites;

  Trigger(
      List<String> clauses,
      List<String> causes,
      List<String> advice,
      List<Site> trainSites,
      List<Site> testSites) {
    this.clauses = clauses;
    this.causes = causes;
    this.advice = advice;
    this.trainSites = trainSites;
    this.testSites = testSites;
  }
}
