#include "queryd/evctl/pager.h"
#include "queryd/evctl/output_stream.h"

#include "common/base/fd.h"
#include "tests/support/temporary_directory.h"

#include <fcntl.h>

#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

using evd::evctl::isLongerThan;
using evd::evctl::OutputStream;

namespace {

std::string textOf(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// What reaches the terminal's place and what the pager's, of an answer with so many lines.
struct Reached {
    std::string plain;
    std::string paged;
};

Reached written(const std::string& pager, size_t lines) {
    const evd::test::TemporaryDirectory folder;
    const std::string plain = folder / "plain";
    const std::string paged = folder / "paged";
    const evd::base::Fd file(::open(plain.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    OutputStream stream(file.get());
    stream.pageWhenLong(pager.empty() ? "" : pager + " > " + paged, 10, 80);
    for (size_t i = 0; i < lines; ++i) {
        stream.buffer() += "line\n";
    }
    REQUIRE(stream.flush().ok());
    stream.endPage();
    return {textOf(plain), textOf(paged)};
}

}  // namespace

TEST_CASE("pager: what is longer than the screen goes through it, what fits does not") {
    CHECK(written("cat", 9).plain.size() == 9 * 5);
    CHECK(written("cat", 9).paged.empty());
    CHECK(written("cat", 10).plain.empty());
    CHECK(written("cat", 10).paged.size() == 10 * 5);
}

TEST_CASE("pager: one that is not there, or none, leaves the answer where it was") {
    CHECK(written("no-such-pager", 50).plain.size() == 50 * 5);
    CHECK(written("/no/such/pager -x", 50).plain.size() == 50 * 5);
    CHECK(written("", 50).plain.size() == 50 * 5);
}

TEST_CASE("pager: lines that wrap count for as many as they take") {
    CHECK_FALSE(isLongerThan("a\nb\n", 3, 10));
    CHECK(isLongerThan("a\nb\nc\n", 3, 10));
    CHECK(isLongerThan(std::string(25, 'a'), 3, 10));
    CHECK_FALSE(isLongerThan(std::string(20, 'a'), 3, 10));
    CHECK_FALSE(isLongerThan(std::string(100, '\n'), 0, 10));
}
