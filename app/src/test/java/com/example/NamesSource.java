package com.example;

import java.util.Map;
import java.util.regex.Pattern;
import plumbline.data.Completion;
import plumbline.score.Rule;

/** 1 where a response names its source. */
public final class NamesSource implements Rule {
  private final Pattern source;

  public NamesSource(Map<String, String> options) {
    source = Pattern.compile(options.getOrDefault("pattern", "\\[\\d+\\]"));
  }

  @Override
  public double score(Completion completion) {
    return source.matcher(completion.response()).find() ? 1 : 0;
  }
}
