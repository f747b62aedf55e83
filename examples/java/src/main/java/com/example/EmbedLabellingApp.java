package com.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import plumbline.annotation.store.StoreConfig;
import plumbline.web.label.LabelServer;
import plumbline.web.label.LabelServerConfig;

/** The labelling app inside a program of one's own: {@code EmbedLabellingApp FOLDER}. */
public final class EmbedLabellingApp {
  public static void main(String[] args) throws IOException {
    StoreConfig store = StoreConfig.sqlite(Files.createDirectories(Path.of(args[0])));
    try (LabelServer app = LabelServer.start(LabelServerConfig.of(store, 0))) {
      System.out.println("labelling app: " + app.address());
      app.firstAdminLink().ifPresent(link -> System.out.println("the first admin: " + link));
      System.out.println("Enter stops it");
      System.in.read();
    }
  }
}
