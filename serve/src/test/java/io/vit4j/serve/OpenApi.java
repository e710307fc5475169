package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.vit4j.base.Json;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The description at /openapi.yaml, by which every answer of a test is judged. */
public final class OpenApi {
    private final ObjectNode document;
    private final JsonSchemaFactory schemas = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    OpenApi(String yaml) {
        document =
                new ObjectMapper().valueToTree(new Load(LoadSettings.builder().build()).loadFromString(yaml));
    }

    /** Every address that is described, as method and template; one that stands for several files once for each. */
    private Set<String> doors() {
        Set<String> doors = new TreeSet<>();
        for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
            for (String method : List.of("get", "post")) {
                if (path.getValue().has(method)) {
                    String door = method.toUpperCase(Locale.ROOT) + " " + path.getKey();
                    if (path.getKey().equals("/{file}")) {
                        document.at("/components/parameters/file/schema/enum")
                                .forEach(file -> doors.add(door.replace("{file}", file.textValue())));
                    } else {
                        doors.add(door);
                    }
                }
            }
        }
        return doors;
    }

    /**
     * Fails unless a server has the doors that its description has, and no others, and answers at each of them as described.
     *
     * @param model that it serves, in version 1
     */
    public static void checkDoors(ModelServer server, String model) throws Exception {
        Client client = new Client(server.address());
        Set<String> described = client.description().doors();
        assertThat(new TreeSet<>(server.doors())).isEqualTo(described);
        for (String door : described) {
            String[] asked = door.split(" ");
            String path =
                    asked[1].replace("{model}", model).replace("{version}", "1").replace("{study}", "1.2.3");
            HttpRequest.BodyPublisher nothing = HttpRequest.BodyPublishers.noBody();
            assertThat(client.send(asked[0], path, nothing).status()).as(door).isIn(200, 400, 415);
        }
    }

    /** Fails unless an answer is one that the description has for such a request. */
    void check(String method, String path, int status, String contentType, byte[] body) {
        String type = contentType.split(";")[0];
        String what = method + " " + path + " " + status + " " + type;
        String schema = pointer(method, path, status, type, what);
        if (type.endsWith("json")) {
            ObjectNode judge = ((ObjectNode) document.at(schema)).deepCopy();
            judge.set("$defs", document.at("/components/schemas"));
            String text = Json.line(judge).replace("#/components/schemas/", "#/$defs/");
            JsonNode json = Json.parse(body, what);
            assertThat(schemas.getSchema(text).validate(json))
                    .as("%s %s", what, json)
                    .isEmpty();
        }
    }

    private String pointer(String method, String path, int status, String type, String what) {
        for (Map.Entry<String, JsonNode> each : document.get("paths").properties()) {
            String pattern = each.getKey().replaceAll("\\{[^}]*}", "[^/:]+");
            JsonNode operation = each.getValue().path(method.toLowerCase(Locale.ROOT));
            if (path.matches(pattern) && operation.isObject()) {
                String at = "/paths/" + each.getKey().replace("/", "~1") + "/" + method.toLowerCase(Locale.ROOT)
                        + "/responses/";
                JsonNode responses = operation.get("responses");
                at += responses.has(Integer.toString(status)) ? status : "default";
                JsonNode response = document.at(at);
                while (response.has("$ref")) {
                    at = response.get("$ref").textValue().substring(1);
                    response = document.at(at);
                }
                assertThat(response.path("content").has(type))
                        .as("%s is described: %s", what, response)
                        .isTrue();
                return at + "/content/" + type.replace("/", "~1") + "/schema";
            }
        }
        assertThat(status).as("%s has no address in the description", what).isIn(404, 405);
        return "/components/schemas/error";
    }
}
