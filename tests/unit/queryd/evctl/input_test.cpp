#include "queryd/evctl/input.h"

#include "common/base/fd.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <string>

namespace base = evd::base;
using evd::evctl::readToEnd;

namespace {

// What a descriptor says that ends after this text.
base::Fd reader(const std::string& text) {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const base::Fd writer(ends[1]);
    REQUIRE(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    return base::Fd(ends[0]);
}

}  // namespace

TEST_CASE("input: everything is handed over, and an empty file is no piece") {
    std::string all;
    const auto take = [&](std::string_view piece) {
        CHECK(!piece.empty());
        all += piece;
        return base::Result<void>();
    };
    CHECK(readToEnd(reader("").get(), "it", take).ok());
    CHECK(all.empty());
    CHECK(readToEnd(reader("one\ntwo").get(), "it", take).ok());
    CHECK(all == "one\ntwo");
}

TEST_CASE("input: the taker's error ends it") {
    int pieces = 0;
    const auto read = readToEnd(reader("enough").get(), "it", [&](std::string_view) {
        ++pieces;
        return base::Result<void>(base::fail(base::ErrorKind::Invalid, "no more"));
    });
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().text == "no more");
    CHECK(pieces == 1);
}

TEST_CASE("input: what cannot be read is named") {
    const base::Fd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto read = readToEnd(folder.get(), "the letter",
                                [](std::string_view) { return base::Result<void>(); });
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().text.find("cannot read the letter") == 0);
}
