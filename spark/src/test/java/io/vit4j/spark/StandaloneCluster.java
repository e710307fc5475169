package io.vit4j.spark;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Spark's own cluster: a master and two workers of one core each, as processes that are started from the jars. */
final class StandaloneCluster implements AutoCloseable {
    private static final int SECONDS = 60;

    private final List<Process> processes = new ArrayList<>();
    private final Path folder;
    private final String classPath;
    private final int port;

    /** @param classPath of master and workers */
    StandaloneCluster(Path folder, String classPath) throws IOException, InterruptedException {
        this.folder = Files.createDirectories(folder);
        this.classPath = classPath;
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        port = freePort();
        start(
                "master",
                "org.apache.spark.deploy.master.Master",
                "--host",
                "127.0.0.1",
                "--port",
                "" + port,
                "--webui-port",
                "" + freePort());
        awaitMaster();
        for (int worker = 0; worker < 2; worker++) {
            start(
                    "worker-" + worker,
                    "org.apache.spark.deploy.worker.Worker",
                    "--host",
                    "127.0.0.1",
                    "--cores",
                    "1",
                    "--memory",
                    "2g",
                    "--webui-port",
                    "" + freePort(),
                    "--work-dir",
                    folder.resolve("work-" + worker).toString(),
                    address());
        }
    }

    String address() {
        return "spark://127.0.0.1:" + port;
    }

    private void start(String name, String type, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                type));
        command.addAll(List.of(arguments));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile())
                .start());
    }

    private void awaitMaster() throws InterruptedException {
        for (int i = 0; i < 10 * SECONDS; i++) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return;
            } catch (IOException e) {
                Thread.sleep(100);
            }
        }
        throw new IllegalStateException("no master at port " + port + " within " + SECONDS + " s");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Ends the workers before the master, and executors with them. */
    @Override
    public void close() {
        for (int i = processes.size() - 1; i >= 0; i--) {
            Process process = processes.get(i);
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
