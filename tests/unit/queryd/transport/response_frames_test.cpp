#include "queryd/transport/response_frames.h"

#include "common/base/text.h"
#include "tests/support/fake_query_engine.h"

#include <doctest/doctest.h>

using evd::base::encodeHex;
using evd::queryd::kFrameFillBytes;
using evd::queryd::RecordFrame;
using evd::test::numberedRecord;

// Spec §8.8, byte for byte.
TEST_CASE("response frames: end, watch and error as they stand on the wire") {
    CHECK(encodeHex(evd::queryd::endFrame()) ==
          "0c000000"
          "81"
          "a6737461747573"
          "a3656e64");
    CHECK(encodeHex(evd::queryd::watchFrame()) ==
          "0e000000"
          "81"
          "a6737461747573"
          "a57761746368");
    CHECK(encodeHex(evd::queryd::errorFrame("no")) ==
          "17000000"
          "82"
          "a6737461747573"
          "a56572726f72"
          "a56572726f72"
          "a26e6f");
}

TEST_CASE("response frames: an ok message carries its records and their count") {
    RecordFrame frame;
    frame.add(numberedRecord(1));
    frame.add(numberedRecord(2));
    CHECK(encodeHex(frame.close()) ==
          "20000000"
          "82"
          "a6737461747573"
          "a26f6b"
          "a77265636f726473"
          "dd00000002"
          "81a16e01"
          "81a16e02");
}

TEST_CASE("response frames: an ok message may have no records") {
    RecordFrame frame;
    CHECK(encodeHex(frame.close()) ==
          "18000000"
          "82"
          "a6737461747573"
          "a26f6b"
          "a77265636f726473"
          "dd00000000");
}

TEST_CASE("response frames: a frame takes records up to its fill and any one record alone") {
    RecordFrame frame;
    CHECK(frame.hasRoomFor(10 * kFrameFillBytes));
    const auto record = numberedRecord(0, 1000);
    while (frame.hasRoomFor(record.size())) {
        frame.add(record);
    }
    const size_t full = frame.close().size();
    CHECK(full <= kFrameFillBytes);
    CHECK(full + record.size() > kFrameFillBytes);
    frame.clear();
    CHECK(frame.count() == 0);
    CHECK(frame.hasRoomFor(10 * kFrameFillBytes));
}

TEST_CASE("response frames: an error text that is not UTF-8 is made so") {
    const auto frame = evd::queryd::errorFrame("caf\xE9");
    CHECK(evd::base::asText(frame).ends_with("caf\xEF\xBF\xBD"));
}
