#include "sandbox/supervisor/options.h"

#include "common/base/text.h"

#include <string_view>
#include <utility>

namespace evd::supervisor {

namespace {

base::Error usage(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text));
}

// Walks over the arguments, taking values from behind an option or from behind its "=".
class Arguments {
  public:
    explicit Arguments(std::span<const char* const> rest) : rest_(rest) {}

    bool done() const { return rest_.empty(); }

    std::string_view takeName() {
        const std::string_view word = rest_.front();
        rest_ = rest_.subspan(1);
        const size_t equals = word.find('=');
        joined_ = equals != std::string_view::npos && word.starts_with("--");
        value_ = joined_ ? word.substr(equals + 1) : std::string_view();
        return joined_ ? word.substr(0, equals) : word;
    }

    bool valueIsJoined() const { return joined_; }

    base::Result<std::string> takeValue(std::string_view name) {
        if (!joined_) {
            if (rest_.empty()) {
                return usage(base::cat(name, " needs a value"));
            }
            value_ = rest_.front();
            rest_ = rest_.subspan(1);
        }
        if (value_.empty()) {
            return usage(base::cat(name, " needs a value"));
        }
        return std::string(value_);
    }

  private:
    std::span<const char* const> rest_;
    std::string_view value_;
    bool joined_ = false;
};

bool* flagNamed(Options& options, std::string_view name) {
    if (name == "--check") {
        return &options.check;
    }
    if (name == "--version") {
        return &options.version;
    }
    if (name == "--help" || name == "-h") {
        return &options.help;
    }
    return nullptr;
}

base::Result<void> takeValued(Options& options, std::string_view name, Arguments& arguments) {
    if (name != "--registry" && name != "--state") {
        return usage(base::cat("no such option: ", name));
    }
    auto value = arguments.takeValue(name);
    if (!value.ok()) {
        return value.error();
    }
    if (name == "--registry") {
        options.registry_paths.push_back(std::move(value).value());
        return {};
    }
    if (!options.state_folder.empty()) {
        return usage("--state may be given once");
    }
    options.state_folder = std::move(value).value();
    return {};
}

}  // namespace

base::Result<Options> parseOptions(std::span<const char* const> words) {
    Options options;
    Arguments arguments(words);
    while (!arguments.done()) {
        const std::string_view name = arguments.takeName();
        if (bool* flag = flagNamed(options, name)) {
            if (arguments.valueIsJoined()) {
                return usage(base::cat(name, " takes no value"));
            }
            *flag = true;
            continue;
        }
        EVD_TRY(takeValued(options, name, arguments));
    }
    return options;
}

std::string helpText() {
    return "usage: eventd [--registry PATH]... [--state DIR] [--check] [--version] [--help]\n"
           "\n"
           "  --registry PATH  a .reg file, or a folder of them; may repeat, later ones win\n"
           "                   (default /etc/eventd/registry.d)\n"
           "  --state DIR      put every store and socket that no registry file places below DIR\n"
           "  --check          check the configuration, start nothing\n"
           "  --version        print the version\n"
           "  --help           print this text\n";
}

}  // namespace evd::supervisor
