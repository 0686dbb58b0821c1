#include "queryd/evctl/help_text.h"

#include "common/base/text.h"
#include "queryd/evctl/vocabulary.h"

namespace evd::evctl {

namespace {

constexpr size_t kCommandColumn = 39;  // where the meanings begin
constexpr size_t kOptionColumn = 24;

constexpr std::string_view kExamples = R"(
Examples
  evctl 'EVENTS process.exec SINCE 5m ago SELECT timestamp, name, command_line TAKE 5'
  evctl 'EVENTS SINCE 1h ago COUNT BY event_type'
  evctl explain 'EVENTS SINCE 1h ago COUNT BY event_type'
  evctl tail events 'process.* WHERE uid == 0'
  evctl tail logs FROM sshd
  evctl logs -f -n 50
  evctl 'METRIC cpu.seconds.total[] RATE' --since 1h
  evctl 'LOGS CONTAINING "refused" SINCE 1h ago WITH CONTEXT 3'
  evctl emit test.hello '{"n": 1}'
  evctl run -- make -j2
  source <(evctl completion bash)
)";

void appendLine(std::string left, size_t column, std::string_view right, std::string& out) {
    left.resize(std::max(column, left.size() + 1), ' ');
    out += base::cat(left, right, '\n');
}

std::string optionShape(const OptionSpec& option) {
    const std::string names = option.short_name.empty()
                                  ? base::cat("      ", option.long_name)
                                  : base::cat("  ", option.short_name, ", ", option.long_name);
    return option.value_name.empty() ? names : base::cat(names, ' ', option.value_name);
}

}  // namespace

std::string helpText() {
    std::string out = "evctl asks eventd about events, logs and metrics.\n\n";
    for (const UsageLine& line : usageLines()) {
        appendLine(base::cat("  evctl ", line.shape), kCommandColumn, line.meaning, out);
    }
    out += '\n';
    for (const OptionSpec& option : optionSpecs()) {
        const std::string meaning = option.commands.empty() || belongsTo(option, "query")
                                        ? std::string(option.meaning)
                                        : base::cat(option.commands, ": ", option.meaning);
        appendLine(optionShape(option), kOptionColumn, meaning, out);
    }
    return out.append(kExamples);
}

}  // namespace evd::evctl
