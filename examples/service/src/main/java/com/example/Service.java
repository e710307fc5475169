package com.example;

import io.vit4j.serve.ModelServer;
import io.vit4j.serve.ServerSettings;
import java.nio.file.Path;

/** {@code Service FOLDER PORT}: serves the tuned model of a folder until the process is asked to end. */
public final class Service {
    private Service() {}

    public static void main(String[] args) throws InterruptedException {
        ModelServer server = start(Path.of(args[0]), Integer.parseInt(args[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::close)); // answers what was accepted
        System.out.println("Serving at " + server.address());
        Thread.currentThread().join(); // the server's own threads do not keep the program running
    }

    static ModelServer start(Path folder, int port) {
        return ModelServer.start(new ServerSettings().model("mine", folder).port(port));
    }
}
