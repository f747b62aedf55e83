package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Table;

/** Puts the sections of a run's page in order and into the page's frame. */
final class Page {
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

  /** A part of the page that the list of contents points to. */
  record Section(String id, String title, String html) {}

  private Page() {}

  static String of(Run run) {
    Exhibition exhibition = new Exhibition(run.source());
    List<Section> sections = sections(run, exhibition);
    return frame(run.name(), head(run), sections, exhibition);
  }

  private static List<Section> sections(Run run, Exhibition page) {
    List<Section> sections = new ArrayList<>();
    claims(run, page, sections);
    evaluation(run, page, sections);
    sweep(run, page, sections);
    training(run, page, sections);
    measuredModels(run, page, sections);
    exhibits(run, page, sections);
    curves(run, page, sections);
    rewardModel(run, sections);
    samples(run, sections);
    sections.add(new Section("stages", "Stages", Provenance.timings(run, page)));
    sections.add(new Section("data", "Data", Provenance.data(run, page)));
    sections.add(new Section("environment", "Environment", Provenance.environment(run, page)));
    sections.add(new Section("configuration", "Configuration", Provenance.configuration(run)));
    sections.add(new Section("warnings", "Warnings", warnings(run)));
    return sections;
  }

  /** Every table of the run's page, metrics of all steps. */
  static List<Table> tables(Run run) {
    Exhibition exhibition = new Exhibition(run.source());
    sections(run, exhibition);
    Map<String, Table> whole = new LinkedHashMap<>();
    exhibition.tables().forEach(table -> whole.put(table.id(), table));
    run.all().stream()
        .filter(each -> each.metrics().steps().size() > Curves.MOST_STEPS)
        .map(each -> Curves.numbers(each, Integer.MAX_VALUE))
        .forEach(table -> whole.put(table.id(), table));
    return List.copyOf(whole.values());
  }

  /** A whole page with its exhibits. */
  static String frame(String title, String head, List<Section> sections, Exhibition exhibition) {
    String echarts = echarts();
    String plots = resource("/plumbline/report/plots.js");
    String script = resource("/plumbline/report/report.js");
    return fill(
        resource("/plumbline/report/report.html"),
        Map.of(
            "policy",
            "'" + hash(echarts) + "' '" + hash(plots) + "' '" + hash(script) + "'",
            "title",
            Html.escape(title),
            "style",
            resource("/plumbline/report/report.css"),
            "head",
            head,
            "contents",
            contents(sections),
            "sections",
            html(sections),
            "data",
            Html.json(exhibition.data()),
            "echarts",
            echarts,
            "plots",
            plots,
            "script",
            script));
  }

  private static String head(Run run) {
    List<String> facts = new ArrayList<>();
    facts.add(run.kind());
    add(facts, "seed ", run.info().path("seed").asText(""));
    add(facts, "started ", run.info().path("started").asText("").replaceFirst("\\.\\d+", ""));
    double seconds = run.info().path("seconds").asDouble(Double.NaN);
    if (Double.isFinite(seconds)) {
      facts.add(Numbers.seconds(seconds));
    }
    add(facts, "", run.info().path("environment").path("device").asText(""));
    int warnings = run.allWarnings().size();
    return "<h1>"
        + Html.escape(run.name())
        + "</h1>\n<p class=\"facts\">"
        + status(run.status())
        + (warnings == 0
            ? "<a class=\"chip\" href=\"#warnings\">no warnings</a>"
            : "<a class=\"chip warn\" href=\"#warnings\">"
                + warnings
                + (warnings == 1 ? " warning</a>" : " warnings</a>"))
        + " "
        + Html.escape(String.join(" · ", facts))
        + "</p>\n"
        + banner(run)
        + "<p class=\"verdict\">"
        + Html.escape(Headline.of(run))
        + "</p>\n";
  }

  private static void add(List<String> facts, String prefix, String fact) {
    if (!fact.isEmpty()) {
      facts.add(prefix + fact);
    }
  }

  static String status(String status) {
    String style =
        switch (status) {
          case "ok" -> "good";
          case "failed" -> "bad";
          default -> "warn";
        };
    String text = status.equals("unknown") ? "status unknown" : status;
    return "<span class=\"chip " + style + "\">" + Html.escape(text) + "</span>";
  }

  /** Says above all results that the run did not end well. */
  private static String banner(Run run) {
    String failed = named(run, "failed");
    String running = named(run, "running");
    String text =
        (failed.isEmpty() ? "" : "Failed: " + failed + ". ")
            + (running.isEmpty()
                ? ""
                : "Still running when this page was written: " + running + ".");
    return text.isEmpty() ? "" : "<p class=\"banner\">" + Html.escape(text.strip()) + "</p>\n";
  }

  private static String named(Run run, String status) {
    return run.all().stream()
        .filter(each -> each.status().equals(status))
        .map(Run::name)
        .collect(Collectors.joining(", "));
  }

  private static void evaluation(Run run, Exhibition page, List<Section> sections) {
    if (!run.concerns("evaluate")) {
      return;
    }
    List<Run> parts = run.parts("evaluate");
    StringBuilder html = new StringBuilder();
    for (Run part : parts) {
      Evaluation.of(part.summary())
          .ifPresent(
              found ->
                  html.append(parts.size() == 1 ? "" : "<h3>" + Html.escape(part.name()) + "</h3>")
                      .append(EvaluationSection.cards(found))
                      .append(EvaluationSection.table(part, found, page)));
    }
    String none = Html.note("Quality, win rate and KL after training: not measured.");
    sections.add(new Section("evaluation", "Evaluation", html.isEmpty() ? none : html.toString()));
  }

  /** The evaluation of what a training left: one that names it, or the only one of all. */
  private static Optional<Evaluation> measured(Run run, Run training, boolean last) {
    List<Run> parts = run.parts("evaluate");
    return parts.stream()
        .filter(
            part ->
                part.config().stream()
                    .flatMap(String::lines)
                    .anyMatch(("after: " + training.name())::equals))
        .findFirst()
        .or(() -> last && parts.size() == 1 ? Optional.of(parts.get(0)) : Optional.empty())
        .flatMap(part -> Evaluation.of(part.summary()));
  }

  private static void sweep(Run run, Exhibition page, List<Section> sections) {
    JsonNode runs = run.summary().path("sweep");
    if (runs.isArray()) {
      sections.add(new Section("sweep", "Sweep", SweepTable.html(runs, run.stages(), page)));
    }
  }

  private static void training(Run run, Exhibition page, List<Section> sections) {
    if (!run.concerns("ppo")) {
      return;
    }
    List<Run> parts = run.parts("ppo");
    StringBuilder html = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      Optional<Evaluation> gold = measured(run, parts.get(i), i == parts.size() - 1);
      html.append(parts.size() == 1 ? "" : "<h3>" + Html.escape(parts.get(i).name()) + "</h3>")
          .append(TrainingTable.html(parts.get(i), gold, page));
    }
    sections.add(
        new Section(
            "training",
            "Before and after training",
            parts.isEmpty() ? Html.note("PPO training: not measured.") : html.toString()));
  }

  /** What a publication says comes before all that it rests on. */
  private static void claims(Run run, Exhibition page, List<Section> sections) {
    exhibits(run.parts("claims"), page, sections);
  }

  private static void exhibits(Run run, Exhibition page, List<Section> sections) {
    exhibits(
        run.all().stream().filter(each -> !each.kind().equals("claims")).toList(), page, sections);
  }

  /** What the stages show of their own, each section's tables and figures together. */
  private static void exhibits(List<Run> runs, Exhibition page, List<Section> sections) {
    Map<String, Map<String, String>> bySection = new LinkedHashMap<>();
    for (Run each : runs) {
      Map<String, Exhibits> own = each.exhibits().bySection(each.name());
      own.forEach(
          (title, exhibits) ->
              bySection
                  .computeIfAbsent(title, key -> new LinkedHashMap<>())
                  .put(
                      each.name(),
                      page.html(exhibits.in(Exhibition.id(each.name()), each.source()))));
    }
    bySection.forEach(
        (title, byRun) -> {
          StringBuilder html = new StringBuilder();
          byRun.forEach(
              (name, shown) ->
                  html.append(byRun.size() == 1 ? "" : "<h3>" + Html.escape(name) + "</h3>")
                      .append(shown));
          sections.add(
              new Section("part-" + Exhibition.id(title), Html.escape(title), html.toString()));
        });
  }

  private static void curves(Run run, Exhibition page, List<Section> sections) {
    StringBuilder html = new StringBuilder();
    for (Run each : run.all()) {
      if (!each.metrics().steps().isEmpty()) {
        html.append("<h3>")
            .append(Html.escape(each.name()))
            .append(" <small>")
            .append(each.metrics().steps().size())
            .append(" steps</small></h3>\n")
            .append(Curves.html(each, page));
      }
    }
    String none = Html.note("No metrics.jsonl with a step in it: there is no curve to draw.");
    String how =
        Html.note("Against the training step. Bold: running mean; faint: the values themselves.");
    sections.add(new Section("curves", "Curves", html.isEmpty() ? none : how + html));
  }

  private static void rewardModel(Run run, List<Section> sections) {
    if (!run.concerns("reward")) {
      return;
    }
    List<Run> parts = run.parts("reward");
    StringBuilder html = new StringBuilder();
    for (Run part : parts) {
      html.append(parts.size() == 1 ? "" : "<h3>" + Html.escape(part.name()) + "</h3>")
          .append(RewardModel.html(part.summary()));
    }
    sections.add(
        new Section(
            "reward-model",
            "Reward model",
            parts.isEmpty() ? Html.note("Reward model: not measured.") : html.toString()));
  }

  private static void measuredModels(Run run, Exhibition page, List<Section> sections) {
    List<Run> parts = run.parts("eval_reward");
    StringBuilder html = new StringBuilder();
    for (Run part : parts) {
      html.append(parts.size() == 1 ? "" : "<h3>" + Html.escape(part.name()) + "</h3>")
          .append(new MeasuredRewardModels(part, page).html());
    }
    if (!parts.isEmpty()) {
      sections.add(new Section("reward-models", "Reward models compared", html.toString()));
    }
  }

  private static void samples(Run run, List<Section> sections) {
    StringBuilder html = new StringBuilder();
    for (Run part : run.parts("evaluate")) {
      html.append(Samples.pairs(part.samples()));
    }
    if (html.isEmpty()) {
      for (Run part : run.parts()) {
        if (!part.samples().isEmpty()) {
          html.append("<h3>").append(Html.escape(part.name())).append("</h3>");
          html.append(Samples.singles(part.samples()));
        }
      }
    }
    String none = Html.note("No sample was recorded.");
    sections.add(new Section("samples", "Samples", html.isEmpty() ? none : html.toString()));
  }

  private static String warnings(Run run) {
    List<String> warnings = run.allWarnings();
    if (warnings.isEmpty()) {
      return Html.note("None.");
    }
    StringBuilder html = new StringBuilder("<ul class=\"warnings\">");
    warnings.forEach(warning -> html.append("<li>").append(Html.escape(warning)).append("</li>\n"));
    return html.append("</ul>").toString();
  }

  private static String contents(List<Section> sections) {
    StringBuilder html = new StringBuilder();
    sections.forEach(
        section -> html.append("<a href=\"#" + section.id() + "\">" + section.title() + "</a>\n"));
    return html.toString();
  }

  private static String html(List<Section> sections) {
    StringBuilder html = new StringBuilder();
    sections.forEach(
        section ->
            html.append("<section id=\"" + section.id() + "\">\n<h2>" + section.title() + "</h2>\n")
                .append(section.html())
                .append("</section>\n"));
    return html.toString();
  }

  /** Fills the frame's places in one pass, so that no text of the run is taken for a place. */
  static String fill(String frame, Map<String, String> parts) {
    return PLACE
        .matcher(frame)
        .replaceAll(
            place -> {
              String part = parts.get(place.group(1));
              if (part == null) {
                throw new IllegalStateException("the frame asks for " + place.group());
              }
              return Matcher.quoteReplacement(part);
            });
  }

  /** The chart library. */
  static String echarts() {
    return resource("/" + echartsResource());
  }

  /** Where the chart library stands, in the version on the class path. */
  static String echartsResource() {
    Properties jar = new Properties();
    try (InputStream in =
        Page.class.getResourceAsStream("/META-INF/maven/org.webjars/echarts/pom.properties")) {
      if (in == null) {
        throw new IllegalStateException("org.webjars:echarts is not on the class path; add it");
      }
      jar.load(in);
    } catch (IOException e) {
      throw new IllegalStateException("org.webjars:echarts cannot be read", e);
    }
    return "META-INF/resources/webjars/echarts/" + jar.getProperty("version") + "/echarts.min.js";
  }

  /** A text resource with the line ends that an HTML parser makes of it. */
  static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource " + name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new IllegalStateException("resource " + name + " cannot be read", e);
    }
  }

  /** What the content security policy wants of a script that may run: no other script runs. */
  private static String hash(String script) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
