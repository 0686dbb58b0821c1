#include "queryd/evctl/import/import_report.h"

#include "common/base/text.h"

namespace evd::evctl {

using base::cat;

void ImportReport::understood(std::string_view kind, uint64_t count) {
    understood_count_ += count;
    const auto found = kinds_.find(kind);
    if (found != kinds_.end()) {
        found->second += count;
    } else {
        kinds_.emplace(kind, count);
    }
}

void ImportReport::notUnderstood(std::string_view reason, uint64_t line, std::string_view text) {
    ++not_understood_count_;
    add(not_understood_, reason, line, text);
}

void ImportReport::leftOut(std::string_view reason, uint64_t line, std::string_view text) {
    add(left_out_, reason, line, text);
}

void ImportReport::add(Reasons& reasons, std::string_view reason, uint64_t line,
                       std::string_view text) {
    auto found = reasons.find(reason);
    if (found == reasons.end()) {
        const bool is_full = reasons.size() >= kReportReasonsMax;
        found = reasons.try_emplace(std::string(is_full ? "other reasons" : reason)).first;
    }
    ++found->second.count;
    if (found->second.examples.size() < kReportExamplesMax) {
        const bool is_cut = text.size() > kReportExcerptBytesMax;
        const std::string_view excerpt =
            text.substr(0, base::wholeCharacters(text, kReportExcerptBytesMax));
        found->second.examples.push_back({line, cat(excerpt, is_cut ? "..." : "")});
    }
}

void ImportReport::append(std::string_view heading, const Reasons& reasons,
                          std::string (*printable)(std::string_view), std::string& out) {
    for (const auto& [name, reason] : reasons) {
        out += cat(heading, ": ", reason.count, ", ", name, '\n');
        for (const Example& example : reason.examples) {
            out += cat("    line ", example.line, ": ", printable(example.text), '\n');
        }
    }
}

std::string ImportReport::text(std::string (*printable)(std::string_view)) const {
    std::string out;
    for (const auto& [kind, count] : kinds_) {
        out += cat("understood: ", count, ' ', kind, '\n');
    }
    append("left out", left_out_, printable, out);
    append("not understood", not_understood_, printable, out);
    return out;
}

}  // namespace evd::evctl
