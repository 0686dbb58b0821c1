#include "common/ipc/notice.h"

#include <doctest/doctest.h>
#include <initializer_list>
#include <limits>

namespace evd::ipc {
namespace {

wire::CommitNotice sample() {
    return {.store = wire::CommitNotice::Store::Logs,
            .shard = 255,
            .first_id = 41,
            .last_id = 42,
            .stable_id = 40,
            .newest_timestamp_ns = -1};
}

bool isInvalid(std::span<const uint8_t> bytes) {
    const auto decoded = decodeCommitNotice(bytes);
    return !decoded && decoded.error().kind == base::ErrorKind::Invalid;
}

TEST_CASE("notice: what is encoded comes back") {
    auto notice = sample();
    notice.last_id = std::numeric_limits<int64_t>::max();
    const auto decoded = decodeCommitNotice(encodeCommitNotice(notice));
    REQUIRE(decoded);
    CHECK(decoded.value().store == wire::CommitNotice::Store::Logs);
    CHECK(decoded.value().shard == 255);
    CHECK(decoded.value().first_id == 41);
    CHECK(decoded.value().last_id == notice.last_id);
    CHECK(decoded.value().stable_id == 40);
    CHECK(decoded.value().newest_timestamp_ns == -1);
}

TEST_CASE("notice: it fits its limit with room") {
    CHECK(encodeCommitNotice(sample()).size() <= kNoticeBytesMax / 4);
}

TEST_CASE("notice: every truncation and anything appended is invalid") {
    const auto bytes = encodeCommitNotice(sample());
    for (size_t length = 0; length < bytes.size(); ++length) {
        CAPTURE(length);
        CHECK(isInvalid(std::span(bytes).first(length)));
    }
    auto longer = bytes;
    longer.resize(bytes.size() + 8);
    CHECK(isInvalid(longer));
    CHECK(isInvalid(std::vector<uint8_t>(kNoticeBytesMax + 8)));
}

TEST_CASE("notice: ids that cannot be are invalid") {
    auto reversed = sample();
    reversed.first_id = reversed.last_id + 1;
    CHECK(isInvalid(encodeCommitNotice(reversed)));
    auto negative = sample();
    negative.first_id = -1;
    CHECK(isInvalid(encodeCommitNotice(negative)));
    auto unstable = sample();
    unstable.stable_id = -1;
    CHECK(isInvalid(encodeCommitNotice(unstable)));
}

TEST_CASE("notice: a store without a name is invalid") {
    auto bytes = encodeCommitNotice(sample());
    // Segment table 8 bytes, root pointer 8 bytes, then the store's u16.
    bytes.at(16) = 0x7f;
    CHECK(isInvalid(bytes));
}

TEST_CASE("notice: no single flipped byte is more than refused or understood") {
    const auto bytes = encodeCommitNotice(sample());
    for (size_t at = 0; at < bytes.size(); ++at) {
        for (const uint8_t value : std::initializer_list<uint8_t>{0x00, 0x01, 0x7f, 0x80, 0xff}) {
            auto changed = bytes;
            changed.at(at) = value;
            const auto decoded = decodeCommitNotice(changed);
            if (decoded) {
                CHECK(decoded.value().first_id <= decoded.value().last_id);
            }
        }
    }
}

}  // namespace
}  // namespace evd::ipc
