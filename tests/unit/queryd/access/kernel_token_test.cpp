#include "queryd/access/kernel_token.h"

#include "tests/support/fake_kacs.h"

#include <doctest/doctest.h>

using evd::access::Sid;
using evd::access::SidAndAttributes;
using evd::queryd::parseSidList;
using evd::test::sidListBytes;

namespace {

const std::vector<SidAndAttributes> kTwo = {{Sid(5, {18}), 4}, {Sid(22, {2, 1500}), 0xC000'0007}};

}  // namespace

TEST_CASE("kernel token: a list of SIDs with their attributes") {
    CHECK(parseSidList(sidListBytes({})).value().empty());
    CHECK(parseSidList(sidListBytes(kTwo)).value() == kTwo);
}

TEST_CASE("kernel token: a list that is cut off anywhere, or goes on, is none") {
    auto bytes = sidListBytes(kTwo);
    for (size_t length = 0; length < bytes.size(); ++length) {
        CHECK_FALSE(parseSidList(std::span(bytes).first(length)).ok());
    }
    bytes.push_back(0);
    CHECK_FALSE(parseSidList(bytes).ok());
}

TEST_CASE("kernel token: counts and lengths are not believed") {
    auto bytes = sidListBytes(kTwo);
    bytes[3] = 0xFF;  // four thousand million entries
    CHECK_FALSE(parseSidList(bytes).ok());
    bytes = sidListBytes(kTwo);
    bytes[4] = 0xFF;  // a SID of 255 bytes
    CHECK_FALSE(parseSidList(bytes).ok());
    bytes = sidListBytes(kTwo);
    bytes[4] += 4;  // one that is longer than it says itself
    CHECK_FALSE(parseSidList(bytes).ok());
}
