package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputExceptionTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            https://me:geheim@hub/a: no such model             | https://***@hub/a: no such model
            see http://geheim@hub and https://a:b@c, or none   | see http://***@hub and https://***@c, or none
            (https://store/x?sig=geheim&t=1) answered 403      | (https://store/x?***) answered 403
            https://hub/a@main and me@home are as they are     | https://hub/a@main and me@home are as they are
            is it 1://2? Yes                                   | is it 1://2? Yes
            """)
    void noPasswordInAnAddressIsSaid(String message, String shown) {
        assertThat(new InputException(message)).hasMessage(shown);
    }
}
