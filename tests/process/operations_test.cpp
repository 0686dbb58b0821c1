// What docs/operations.md and docs/clients/README.md tell a person to type is typed: each fence of
// `sh`, in the page's order, beside a running group, as the pages say it is to be set up. Every one
// must succeed, and show what the page shows where it shows anything.

#include "common/base/text.h"
#include "tests/support/doc_page.h"
#include "tests/support/group.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <filesystem>

namespace test = evd::test;
namespace fs = std::filesystem;
using evd::base::cat;

namespace {

// The shell of the system cannot load an extension that was built with a sanitizer.
#ifdef EVD_SANITIZED
constexpr bool kIsLoadable = false;
#else
constexpr bool kIsLoadable = true;
#endif

// A folder that looks like a checkout with a group in it.
class Checkout {
  public:
    Checkout() : group_(state_, {}) {
        fs::create_directory_symlink(state_.path(), folder_.below(".state"));
        fs::create_directory_symlink(fs::path(EVD_BIN_FOLDER).parent_path(),
                                     folder_.below("build"));
        fs::create_directory_symlink(cat(EVD_SOURCE_FOLDER, "/docs"), folder_.below("docs"));
        REQUIRE(group_.waitReady());
    }
    ~Checkout() { CHECK(group_.stop() == 0); }
    Checkout(const Checkout&) = delete;
    Checkout& operator=(const Checkout&) = delete;

    test::CommandResult shell(const std::string& script) const {
        return test::runCommand(
            {"/bin/sh", "-ec",
             cat("cd '", folder_.path(), "'; export PATH=\"$PWD/build/bin:$PATH\"; ",
                 "export EVENTD_STATE=.state LC_ALL=C.UTF-8; ", script)},
            "", 120);
    }
    size_t runPage(const std::string& page) const {
        size_t run = 0;
        for (const auto& example : test::docExamples(test::readTextFile(page))) {
            if (example.language != "sh") {
                continue;
            }
            ++run;
            CAPTURE(page);
            CAPTURE(example.line);
            CAPTURE(example.text);
            const auto done = shell(example.text);
            CHECK_MESSAGE(done.status == 0, done.output, done.errors);
            if (example.shown) {
                CHECK(done.output == *example.shown);
            }
        }
        return run;
    }

  private:
    test::StateFolder state_;
    test::StateFolder folder_;
    test::Group group_;
};

}  // namespace

TEST_CASE("operations: every command that the pages tell people to type succeeds" *
          doctest::skip(!kIsLoadable)) {
    const Checkout checkout;
    REQUIRE(
        checkout.shell("evctl log shop 'sold out'; evctl emit shop.order '{\"n\": 1}'").status ==
        0);
    REQUIRE(checkout
                .shell("for i in $(seq 500); do evctl -f jsonl 'LOGS FROM shop' | grep -q sold "
                       "&& exit 0; done; exit 1")
                .status == 0);
    CHECK(checkout.runPage(cat(EVD_SOURCE_FOLDER, "/docs/clients/README.md")) >= 1);
    CHECK(checkout.runPage(cat(EVD_SOURCE_FOLDER, "/docs/operations.md")) >= 15);
}
