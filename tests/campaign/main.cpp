// campaign NAME|all [--seconds N] [--seed S] [--verbose]: each prints its seed when it begins and
// one line when it ends; 1 when a property was violated, 2 for bad usage.

#include "tests/campaign/campaign.h"

#include "common/base/fd.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <iostream>
#include <optional>
#include <string_view>

namespace evd::test {

namespace {

constexpr uint64_t kSecondsDefault = 60;
constexpr uint64_t kSecondsMax = 7 * 24 * 3600;

struct Named {
    std::string_view name;
    void (*run)(Course&, Findings&);
};
constexpr auto kCampaigns = std::to_array<Named>({
    {"chaos", chaosCampaign},
    {"clock", clockCampaign},
    {"configuration", configurationCampaign},
    {"disk", diskCampaign},
    {"faults", faultsCampaign},
    {"questions", questionsCampaign},
    {"rings", ringsCampaign},
});

struct Arguments {
    std::string_view name;
    uint64_t seconds = kSecondsDefault;
    uint64_t seed = 0;
    bool is_verbose = false;
};

std::optional<Arguments> parse(int count, char** values) {
    Arguments arguments;
    arguments.seed = std::random_device{}();
    for (int at = 1; at < count; ++at) {
        const std::string_view word = values[at];
        bool is_good = true;
        if (word == "--seconds" || word == "--seed") {
            const auto number = base::parseU64(++at < count ? values[at] : "");
            (word == "--seed" ? arguments.seed : arguments.seconds) =
                number.ok() ? number.value() : 0;
            is_good = number.ok() && arguments.seconds <= kSecondsMax;
        } else if (word == "--verbose") {
            arguments.is_verbose = true;
        } else {
            is_good = arguments.name.empty() && !word.starts_with("-");
            arguments.name = word;
        }
        if (!is_good) {
            return std::nullopt;
        }
    }
    return arguments;
}

bool runOne(const Named& campaign, const Arguments& arguments) {
    const std::string heading = base::cat("campaign ", campaign.name, ", seed ", arguments.seed,
                                          ", ", arguments.seconds, " s");
    std::cout << heading << "\n" << std::flush;
    Findings findings(heading);
    Course course(arguments.seed, static_cast<int64_t>(arguments.seconds));
    campaign.run(course, findings);
    findings.expect(findings.injectedCount() > 0, "faults were injected", "no fault was injected");
    std::cout << findings.summary() << "\n" << std::flush;
    return findings.violations() == 0;
}

int usage() {
    std::cerr << "usage: campaign NAME|all [--seconds N] [--seed S] [--verbose]\ncampaigns:";
    for (const Named& campaign : kCampaigns) {
        std::cerr << ' ' << campaign.name;
    }
    std::cerr << '\n';
    return 2;
}

}  // namespace
}  // namespace evd::test

int main(int count, char** values) {
    const auto arguments = evd::test::parse(count, values);
    if (!arguments) {
        return evd::test::usage();
    }
    if (!arguments->is_verbose) {
        // The programs tell of every fault there; thousands of lines that nobody reads.
        const evd::base::Fd quiet(::open("/dev/null", O_WRONLY | O_CLOEXEC));
        ::dup2(quiet.get(), STDERR_FILENO);
    }
    bool is_known = false;
    bool is_clean = true;
    for (const auto& campaign : evd::test::kCampaigns) {
        if (arguments->name == "all" || arguments->name == campaign.name) {
            is_known = true;
            is_clean = evd::test::runOne(campaign, *arguments) && is_clean;
        }
    }
    if (!is_known) {
        return evd::test::usage();
    }
    return is_clean ? 0 : 1;
}
