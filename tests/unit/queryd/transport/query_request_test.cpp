#include "queryd/transport/query_request.h"

#include "common/wire/msgpack.h"

#include <doctest/doctest.h>
#include <functional>

using evd::queryd::kRequestKeysMax;
using evd::queryd::parseQueryRequest;
using evd::wire::MsgpackWriter;

namespace {

std::vector<uint8_t> written(const std::function<void(MsgpackWriter&)>& write) {
    std::vector<uint8_t> out;
    MsgpackWriter writer(out);
    write(writer);
    return out;
}

std::string errorOf(const std::vector<uint8_t>& body) {
    const auto request = parseQueryRequest(body);
    REQUIRE_FALSE(request.ok());
    CHECK(request.error().kind == evd::base::ErrorKind::Invalid);
    return request.error().text;
}

}  // namespace

// Spec §8.8
TEST_CASE("query request: a map with `query` is all that is needed") {
    const auto request = parseQueryRequest(written([](auto& writer) {
        writer.mapHeader(1);
        writer.text("query");
        writer.text("EVENTS TAKE 1");
    }));
    REQUIRE(request.ok());
    CHECK(request.value().query == "EVENTS TAKE 1");
    CHECK_FALSE(request.value().watch);
    CHECK(request.value().limit_ms == 0);
}

// contracts §5
TEST_CASE("query request: watch and limit_ms are read, other keys of any type are passed over") {
    const auto request = parseQueryRequest(written([](auto& writer) {
        writer.mapHeader(5);
        writer.text("limit_ms");
        writer.integer(1500);
        writer.text("colour");
        writer.arrayHeader(2);
        writer.mapHeader(1);
        writer.text("query");
        writer.text("not this one");
        writer.nil();
        writer.integer(7);
        writer.boolean(true);
        writer.text("query");
        writer.text("LOGS");
        writer.text("watch");
        writer.boolean(true);
    }));
    REQUIRE(request.ok());
    CHECK(request.value().query == "LOGS");
    CHECK(request.value().watch);
    CHECK(request.value().limit_ms == 1500);
}

TEST_CASE("query request: what is no map, or lacks query, is refused") {
    CHECK(errorOf({}).find("well-formed") != std::string::npos);
    CHECK(errorOf({0xC1}).find("well-formed") != std::string::npos);
    CHECK(errorOf({0x81}).find("well-formed") != std::string::npos);
    CHECK(errorOf({0x90}).find("not a msgpack map") != std::string::npos);
    CHECK(errorOf({0x80}).find("no `query`") != std::string::npos);
}

TEST_CASE("query request: wrong types of known keys are named") {
    const auto with = [](const char* key, const std::function<void(MsgpackWriter&)>& value) {
        return errorOf(written([&](MsgpackWriter& writer) {
            writer.mapHeader(2);
            writer.text("query");
            writer.text("EVENTS");
            writer.text(key);
            value(writer);
        }));
    };
    CHECK(with("watch", [](auto& writer) { writer.integer(1); }) ==
          "the request's `watch` is not a boolean");
    CHECK(with("limit_ms", [](auto& writer) { writer.integer(0); }).find("limit_ms") !=
          std::string::npos);
    CHECK(with("limit_ms", [](auto& writer) { writer.integer(-1); }).find("limit_ms") !=
          std::string::npos);
    CHECK(with("limit_ms", [](auto& writer) { writer.floating(1.0); }).find("limit_ms") !=
          std::string::npos);
    CHECK(errorOf(written([](auto& writer) {
              writer.mapHeader(1);
              writer.text("query");
              writer.bytes({});
          })) == "the request's `query` is not text");
}

// Ruling Q12
TEST_CASE("query request: a key twice is an error, whichever key and however it is written") {
    CHECK(errorOf(written([](auto& writer) {
              writer.mapHeader(2);
              writer.text("query");
              writer.text("EVENTS");
              writer.text("query");
              writer.text("EVENTS");
          })) == "the request has a key twice");
    auto long_form = written([](auto& writer) {
        writer.mapHeader(2);
        writer.text("query");
        writer.text("EVENTS");
    });
    const std::vector<uint8_t> str8 = {0xD9, 5, 'q', 'u', 'e', 'r', 'y', 0xA1, 'x'};
    long_form.insert(long_form.end(), str8.begin(), str8.end());
    CHECK(errorOf(long_form) == "the request has a key twice");
    CHECK(errorOf(written([](auto& writer) {
              writer.mapHeader(3);
              writer.integer(1);
              writer.nil();
              writer.text("query");
              writer.text("EVENTS");
              writer.integer(1);
              writer.nil();
          })) == "the request has a key twice");
}

TEST_CASE("query request: trailing bytes, bad UTF-8 and a binary query are refused") {
    auto body = written([](auto& writer) {
        writer.mapHeader(1);
        writer.text("query");
        writer.text("EVENTS");
    });
    body.push_back(0xC0);
    CHECK(errorOf(body).find("one well-formed") != std::string::npos);
    CHECK(errorOf(written([](auto& writer) {
              writer.mapHeader(1);
              writer.text("query");
              writer.text("EVENTS \xFF");
          })).find("well-formed") != std::string::npos);
}

TEST_CASE("query request: kRequestKeysMax keys are read, one more is not") {
    const auto withKeys = [](uint32_t count) {
        return written([&](auto& writer) {
            writer.mapHeader(count);
            writer.text("query");
            writer.text("EVENTS");
            for (uint32_t i = 1; i < count; ++i) {
                writer.integer(i);
                writer.nil();
            }
        });
    };
    CHECK(parseQueryRequest(withKeys(kRequestKeysMax)).ok());
    CHECK(errorOf(withKeys(kRequestKeysMax + 1)).find("65 keys") != std::string::npos);
}

TEST_CASE("query request: explain is a boolean, and not asked for unless it is true") {
    const auto asked = [](const std::function<void(MsgpackWriter&)>& value) {
        return written([&](MsgpackWriter& writer) {
            writer.mapHeader(2);
            writer.text("query");
            writer.text("EVENTS");
            writer.text("explain");
            value(writer);
        });
    };
    CHECK(parseQueryRequest(asked([](auto& writer) { writer.boolean(true); })).value().explain);
    CHECK_FALSE(
        parseQueryRequest(asked([](auto& writer) { writer.boolean(false); })).value().explain);
    CHECK(errorOf(asked([](auto& writer) { writer.integer(1); })) ==
          "the request's `explain` is not a boolean");
}
