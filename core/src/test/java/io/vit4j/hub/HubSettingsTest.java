package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
    @TempDir
    Path folder;

    @Test
    void theCacheLiesWhereHuggingfaceHubHasIt() {
        Path user = Path.of(System.getProperty("user.home"));
        assertThat(cache(Map.of())).isEqualTo(user.resolve(".cache/huggingface/hub"));
        assertThat(cache(Map.of("XDG_CACHE_HOME", "/x"))).isEqualTo(Path.of("/x/huggingface/hub"));
        assertThat(cache(Map.of("HF_HOME", "~/hf", "XDG_CACHE_HOME", "/x"))).isEqualTo(user.resolve("hf/hub"));
        assertThat(cache(Map.of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/c")))
                .isEqualTo(Path.of("/c"));
        assertThat(cache(Map.of("HF_HUB_CACHE", "/d", "HUGGINGFACE_HUB_CACHE", "/c")))
                .isEqualTo(Path.of("/d"));
        assertThat(cache(Map.of("HF_HUB_CACHE", " ", "HF_HOME", "/h"))).isEqualTo(Path.of("/h/hub"));
    }

    @Test
    void theTokenIsTheVariableOrTheFile() throws IOException {
        Map<String, String> home = Map.of("HF_HOME", folder.toString());
        assertThat(HubSettings.from(home).token()).isEmpty();
        Files.writeString(folder.resolve("token"), "hf_file\r\n");
        assertThat(HubSettings.from(home).token().orElseThrow().authorization()).isEqualTo("Bearer hf_file");
        Map<String, String> both = Map.of("HF_HOME", folder.toString(), "HF_TOKEN", "hf_variable");
        assertThat(HubSettings.from(both).token().orElseThrow().authorization()).isEqualTo("Bearer hf_variable");
        Map<String, String> none = Map.of("HF_HOME", folder.toString(), "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
        assertThat(HubSettings.from(none).token()).isEmpty();
        assertThatThrownBy(() -> HubSettings.from(Map.of("HF_TOKEN", "a\nX-Evil: 1")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("HF_TOKEN")
                .hasMessageNotContaining("X-Evil");
    }

    @Test
    void switchesAreReadAsHuggingfaceHubReadsThem() {
        assertThat(HubSettings.from(Map.of()).offline()).isFalse();
        assertThat(HubSettings.from(Map.of("HF_HUB_OFFLINE", "yes")).offline()).isTrue();
        assertThat(HubSettings.from(Map.of("HF_HUB_OFFLINE", "0")).offline()).isFalse();
        assertThat(HubSettings.from(Map.of("TRANSFORMERS_OFFLINE", "1")).offline())
                .isTrue();
        assertThat(HubSettings.from(Map.of("HF_HUB_DISABLE_SYMLINKS", "true")).symlinks())
                .isFalse();
        assertThat(HubSettings.from(Map.of()).endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        assertThat(HubSettings.from(Map.of("HF_ENDPOINT", "http://mirror:8080/hf/"))
                        .endpoint())
                .isEqualTo(URI.create("http://mirror:8080/hf"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"huggingface.co", "file:///x", "https://", "https://a:b@c", "https://c?x", "a b", "/"})
    void anEndpointThatIsNoAddressIsRefused(String address) {
        assertThatThrownBy(() -> HubSettings.from(Map.of("HF_ENDPOINT", address)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("HF_ENDPOINT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://user:geheim@mirror",
                "https://user:ge heim@mirror",
                "https://user:ge/heim@mirror/hf",
                "user:geheim@mirror",
                "https://mirror/hf?token=geheim",
                "https://geheim@mirror"
            })
    void noSecretOfAnEndpointIsSaid(String address) {
        assertThatThrownBy(() -> HubSettings.from(Map.of("HF_ENDPOINT", address)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("HF_ENDPOINT: an address with a user, a password or a query is not an address")
                .hasNoCause()
                .hasMessageNotContaining("geheim")
                .hasMessageNotContaining("heim");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "google/vit-base-patch16-224-in21k",
                "a/b",
                "WinKawaks/vit-tiny-patch16-224@main",
                "o/n_1.0@refs/pr/7",
                "o/n@v1.0+cu"
            })
    void namesOfTheHubAreKnown(String name) {
        assertThat(HubName.parse(name)).isPresent();
        assertThat(HubName.parse(name).orElseThrow().cacheFolder()).doesNotContain("/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "vit",
                "/a",
                "a/",
                "a/b/c",
                "../a",
                "a/..",
                "./a",
                "a/.b",
                "a--b/c",
                "a/b.git",
                "a b/c",
                "a/b@",
                "a/b@../c",
                "a/b@c/../d",
                "a/b@/c",
                "a/b@c//d",
                "a/b@c/",
                "a/b@.c",
                "a/b@c.lock",
                "a/b@c@d",
                "a\\b/c",
                "a/b@NUL",
                "a/b@refs/con.x/1",
                "~/a",
                "a/b?x",
                "a/b%2e",
                "a/b\n"
            })
    void whatCouldLeadElsewhereIsNoName(String name) {
        assertThat(HubName.parse(name)).isEmpty();
    }

    private static Path cache(Map<String, String> environment) {
        return HubSettings.from(environment).cache();
    }
}
