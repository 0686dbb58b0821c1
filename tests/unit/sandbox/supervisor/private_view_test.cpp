#include "sandbox/supervisor/private_view.h"

#include "common/config/embedded_paths.h"

#include <doctest/doctest.h>
#include <string>

namespace config = evd::config;
namespace supervisor = evd::supervisor;
using supervisor::ViewStep;

namespace {

// Where the last step of that kind upon the path is; -1 when there is none.
int stepUpon(const std::vector<ViewStep>& steps, ViewStep::Kind kind, const std::string& path) {
    for (size_t i = steps.size(); i > 0; --i) {
        if (steps[i - 1].kind == kind && steps[i - 1].path == path) {
            return static_cast<int>(i - 1);
        }
    }
    return -1;
}

}  // namespace

TEST_CASE("private view: of all sockets only that of the notices is left to the store") {
    const auto settings = config::embeddedPaths("/var/lib/eventd").value();
    const auto steps = supervisor::storeView(settings);
    const int var = stepUpon(steps, ViewStep::Kind::Hide, "/var");
    const int stores = stepUpon(steps, ViewStep::Kind::Show, "/var/lib/eventd");
    const int sockets = stepUpon(steps, ViewStep::Kind::Hide, "/var/lib/eventd/run");
    const int notices = stepUpon(steps, ViewStep::Kind::Show, "/var/lib/eventd/run/notices.sock");
    CHECK(var >= 0);
    CHECK(var < stores);
    CHECK(stores < sockets);  // the folder of the sockets lies in what was shown
    CHECK(sockets < notices);
    CHECK(notices == static_cast<int>(steps.size()) - 1);
    CHECK(stepUpon(steps, ViewStep::Kind::Hide, "/run") >= 0);
    CHECK(stepUpon(steps, ViewStep::Kind::Show, "/var/lib/eventd/events") > var);
}

TEST_CASE("private view: too many steps are refused before anything is changed") {
    CHECK_FALSE(supervisor::takeView(std::vector<ViewStep>(1000, {ViewStep::Kind::Hide, "/x"})));
}
