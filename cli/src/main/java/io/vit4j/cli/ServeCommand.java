package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.options.PictureOptions;
import io.vit4j.serve.ModelServer;
import io.vit4j.serve.ServerSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vit4j serve}: tuned models behind HTTP. */
@Command(
        name = "serve",
        description = "Serves tuned models over HTTP, and one of them to a PACS, until it is asked to stop (SIGTERM or"
                + " Ctrl-C).",
        footer = {
            "",
            "Open its address in a browser to drop pictures on a page. It speaks the Open Inference Protocol (/v2), Hugging"
                    + " Face's image classification (POST /models/NAME) and forms (POST /v1/models/NAME:predict), has metrics for Prometheus (/metrics) and a description (/openapi.yaml)."
                    + " Requests that were accepted are answered before it stops.",
            "",
            "Examples:",
            "  vit4j serve --model chest=tuned",
            "  vit4j serve --model chest=tuned --model hand=other --host 0.0.0.0 --token-file tokens",
            "  curl -F picture=@chest.png http://127.0.0.1:8080/v1/models/chest:predict",
            "  vit4j serve --model chest=tuned --dicom VIT4J@11112 --dicom-destination ORTHANC@localhost:4242 --dicom-queue"
                    + " queue"
        },
        sortOptions = false)
final class ServeCommand implements Callable<Integer> {
    private static final int NOT_ALL_ANSWERED = 1;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "NAME=DIR",
            description =
                    "A tuned model and the name to serve it by, several times for several models. If DIR has folders named"
                            + " 1, 2, ... with models in them, the highest is served.")
    private List<String> models;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address to listen on; 0.0.0.0 for all. Default: ${DEFAULT-VALUE}, this machine alone.")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Port to listen on; 0: any that is free. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "Require a bearer token; the file has one a line. Health and /openapi.yaml need none.")
    private Optional<Path> tokens;

    @Option(
            names = "--tls-keystore",
            paramLabel = "FILE",
            description = "Serve HTTPS with the key and certificates of this keystore (PKCS12 or JKS).")
    private Optional<Path> keystore;

    @Option(names = "--tls-password-file", paramLabel = "FILE", description = "File with the keystore's password.")
    private Optional<Path> keystorePassword;

    @Option(
            names = "--allowed-host",
            paramLabel = "NAME",
            description =
                    "Host name under which a proxy on this machine passes requests on, several times for several. A"
                            + " server that listens on 127.0.0.1 otherwise answers requests to localhost alone.")
    private List<String> allowedHosts = List.of();

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "64",
            description = "Pictures of each model that may wait; further requests get 429. Default: ${DEFAULT-VALUE}.")
    private int queue;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "Time within which a request is answered, if need be with 504. Default: ${DEFAULT-VALUE}.")
    private double timeout;

    @Option(
            names = "--receive-timeout",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description =
                    "Time within which a request's header and its body must have arrived. Default: ${DEFAULT-VALUE}.")
    private double receiveTimeout;

    @Option(
            names = "--max-body",
            paramLabel = "MIB",
            defaultValue = "32",
            description = "Longest body of a request. Default: ${DEFAULT-VALUE}.")
    private int maxBody;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Connections that may be open at a time. Default: ${DEFAULT-VALUE}.")
    private int maxConnections;

    @Option(
            names = "--watch",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "How often to look for a new version of a model; 0: never. Default: ${DEFAULT-VALUE}.")
    private double watch;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private PictureOptions pictures;

    @Mixin
    private DicomOptions dicom;

    @Override
    public Integer call() throws InterruptedException {
        ServerSettings settings = settings();
        Optional<DicomOptions.Node> node = dicom.node(models.stream()
                .map(model -> model.substring(0, model.indexOf('=')))
                .toList());
        StowDoor stow = new StowDoor();
        NodeMeters meters = new NodeMeters();
        if (node.isPresent()) {
            stow.addTo(settings);
            meters.addTo(settings);
        }
        CountDownLatch asked = new CountDownLatch(1);
        try (Interrupts interrupts = new Interrupts(signal -> asked.countDown(), Interrupts::halt)) {
            try (ModelServer server = ModelServer.start(settings)) {
                Optional<ServedNode> pacs = node.map(each -> new ServedNode(server, each, pictures));
                try {
                    pacs.ifPresent(each -> {
                        stow.open(each.stow());
                        meters.open(each.node());
                    });
                    say("Serving at " + server.address());
                    pacs.ifPresent(each -> say(each.description()));
                    asked.await();
                    Console.STANDARD.say("Stopping once all requests are answered; interrupt again to stop at once");
                } finally {
                    pacs.ifPresent(ServedNode::close);
                }
                pacs.ifPresent(each -> say(each.summary()));
                return server.drain() ? 0 : NOT_ALL_ANSWERED;
            }
        }
    }

    private void say(String line) {
        spec.commandLine().getOut().println(line);
        spec.commandLine().getOut().flush();
    }

    private ServerSettings settings() {
        if (keystore.isPresent() != keystorePassword.isPresent()) {
            throw new InputException("--tls-keystore and --tls-password-file belong together; give both");
        }
        ServerSettings settings = new ServerSettings()
                .host(host)
                .port(port)
                .classifier(classifier())
                .deadline(seconds(timeout))
                .receiveWithin(seconds(receiveTimeout))
                .watchEvery(seconds(watch))
                .maxBody(maxBody)
                .maxConnections(maxConnections);
        for (String model : models) {
            int equals = model.indexOf('=');
            if (equals < 1 || equals == model.length() - 1) {
                throw new InputException("--model " + model + ": give a name and a folder, such as chest=tuned");
            }
            settings.model(model.substring(0, equals), Path.of(model.substring(equals + 1)));
        }
        tokens.ifPresent(settings::tokens);
        keystore.ifPresent(store -> settings.tls(store, keystorePassword.orElseThrow()));
        allowedHosts.forEach(settings::allowedHost);
        return settings;
    }

    private static Duration seconds(double seconds) {
        if (!(seconds >= 0 && seconds <= 86_400)) {
            throw new InputException(seconds + " cannot be a number of seconds; use 0 to 86400");
        }
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    private ImageClassifier.Options classifier() {
        if (queue < 1) {
            throw new InputException("--queue must be 1 or more");
        }
        ImageClassifier.Options options = ImageClassifier.Options.defaults()
                .withDevice(compute.device())
                .withDtype(compute.dtype())
                .withDecode(pictures.decode())
                .withCapacity(queue);
        return compute.threads().isPresent()
                ? options.withThreads(compute.threads().getAsInt())
                : options;
    }
}
