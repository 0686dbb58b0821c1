#include "queryd/client/response_message.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <doctest/doctest.h>

using evd::base::ErrorKind;
using evd::queryd::parseResponse;
using evd::queryd::ResponseStatus;

namespace {

std::vector<uint8_t> fromHex(std::string_view hex) {
    return evd::base::decodeHex(hex).value();
}

bool isCorrupt(const std::vector<uint8_t>& body) {
    const auto message = parseResponse(body);
    return !message.ok() && message.error().kind == ErrorKind::Corrupt;
}

std::vector<uint8_t> withStatus(std::string_view status) {
    std::vector<uint8_t> out;
    evd::wire::MsgpackWriter writer(out);
    writer.mapHeader(1);
    writer.text("status");
    writer.text(status);
    return out;
}

}  // namespace

// Spec §8.8
TEST_CASE("response message: the four messages are read as they stand on the wire") {
    const auto ok_body =
        fromHex("82a6737461747573a26f6ba77265636f726473dd0000000281a16e0181a16e02");
    const auto ok = parseResponse(ok_body);
    REQUIRE(ok.ok());
    CHECK(ok.value().status == ResponseStatus::Ok);
    REQUIRE(ok.value().records.size() == 2);
    CHECK(evd::base::encodeHex(ok.value().records[1]) == "81a16e02");

    CHECK(parseResponse(withStatus("end")).value().status == ResponseStatus::End);
    CHECK(parseResponse(withStatus("watch")).value().status == ResponseStatus::Watch);
    const auto error_body = fromHex("82a6737461747573a56572726f72a56572726f72a26e6f");
    const auto error = parseResponse(error_body);
    REQUIRE(error.ok());
    CHECK(error.value().status == ResponseStatus::Error);
    CHECK(error.value().error == "no");
}

TEST_CASE("response message: anything else is corrupt, however it is broken") {
    CHECK(isCorrupt({}));
    CHECK(isCorrupt({0x80}));
    CHECK(isCorrupt({0x90}));
    CHECK(isCorrupt(withStatus("maybe")));
    CHECK(isCorrupt(withStatus("ok")));
    CHECK(isCorrupt(withStatus("error")));
    auto trailing = withStatus("end");
    trailing.push_back(0xC0);
    CHECK(isCorrupt(trailing));
    auto cut = withStatus("end");
    cut.pop_back();
    CHECK(isCorrupt(cut));
}

TEST_CASE("response message: a count that promises more records than there are is corrupt") {
    std::vector<uint8_t> out;
    evd::wire::MsgpackWriter writer(out);
    writer.mapHeader(2);
    writer.text("status");
    writer.text("ok");
    writer.text("records");
    writer.arrayHeader(0xFFFFFFFF);
    CHECK(isCorrupt(out));
}

TEST_CASE("response message: a record that is no map is corrupt, an unknown key is passed over") {
    std::vector<uint8_t> out;
    evd::wire::MsgpackWriter writer(out);
    writer.mapHeader(2);
    writer.text("status");
    writer.text("ok");
    writer.text("records");
    writer.arrayHeader(1);
    writer.integer(1);
    CHECK(isCorrupt(out));

    out.clear();
    writer.mapHeader(2);
    writer.text("took_ms");
    writer.integer(3);
    writer.text("status");
    writer.text("end");
    CHECK(parseResponse(out).ok());
}
