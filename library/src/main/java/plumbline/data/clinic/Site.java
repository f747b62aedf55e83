package plumbline.data.clinic;

import java.util.List;

/** Where it hurts. The site decides which question fits and which sign is a warning. */
@SuppressWarnings("ImmutableEnumChecker") // the lists are all List.of
enum Site {
  HEAD(
      List.of("head", "forehead"),
      List.of("you look at bright light", "you are in bright light"),
      List.of("your speech becomes unclear", "you cannot speak clearly")),
  NECK(
      List.of("neck", "stiff neck"),
      List.of("you turn your head", "you look over your shoulder"),
      List.of("both arms become weak", "you cannot hold a cup")),
  SHOULDER(
      List.of("left shoulder", "right shoulder"),
      List.of("you raise your arm", "you reach up high"),
      List.of("your hand goes numb", "you lose feeling in your fingers")),
  BACK(
      List.of("lower back", "upper back"),
      List.of("you bend forward", "you bend to the side"),
      List.of("both legs go numb", "you lose feeling in your legs")),
  CHEST(
      List.of("chest", "whole chest"),
      List.of("you take a deep breath", "you breathe in deeply"),
      List.of("you cannot catch your breath", "you become short of breath")),
  STOMACH(
      List.of("stomach", "belly"),
      List.of("you press on it", "you push on it softly"),
      List.of("you vomit blood", "you see blood in the toilet")),
  THROAT(
      List.of("throat", "whole throat"),
      List.of("you swallow water", "you swallow bread"),
      List.of("you cannot open your mouth", "you cannot swallow anything")),
  HIP(
      List.of("left hip", "right hip"),
      List.of("you climb stairs", "you cross your legs"),
      List.of("you cannot walk at all", "one leg looks shorter")),
  KNEE(
      List.of("left knee", "right knee"),
      List.of("you kneel down", "you squat down"),
      List.of("the joint locks", "you cannot straighten your leg")),
  FOOT(
      List.of("left foot", "right foot"),
      List.of("you stand on your toes", "you roll your ankle"),
      List.of("your toes turn blue", "your toes become cold"));

  /** What patients call it, after "my". */
  final List<String> nouns;

  /** The fitting question, as a clause after "Is it worse when". */
  final List<String> questions;

  /** The right warning sign, as a clause after "Get help at once if". */
  final List<String> warnings;

  Site(List<String> nouns, List<String> questions, List<String> warnings) {
    this.nouns = nouns;
    this.questions = questions;
    this.warnings = warnings;
  }
}
