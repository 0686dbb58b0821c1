#include "queryd/access/record_access.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

namespace {

using access::FieldTree;
using access::FieldVerdict;
using access::ObjectKind;
using access::ResolvedPattern;

constexpr std::span<const std::string_view> kNoFields;

bool sameNames(const std::vector<std::string>& known, std::span<const std::string_view> asked) {
    return std::ranges::equal(known, asked);
}

bool allGranted(const FieldVerdict& verdict) {
    return verdict.root && std::ranges::find(verdict.fields, false) == verdict.fields.end();
}

}  // namespace

RecordAccess::RecordAccess(AccessPolicy& policy, const Caller& caller)
    : RecordAccess(policy, caller, policy.current()) {}

RecordAccess::RecordAccess(AccessPolicy& policy, const Caller& caller, PolicyInForce in_force)
    : policy_(policy), caller_(caller), in_force_(std::move(in_force)) {}

const FieldVerdict& RecordAccess::of(ObjectKind kind, std::string_view name,
                                     std::span<const std::string_view> fields) {
    makeRoom();
    KnownPattern& known = patternOf(kind, name);
    // Spec §9.2: without rules for fields the root stands for them all - unless there are more of
    // them than a tree holds (Ruling A3).
    if (!known.pattern->by_field && fields.size() <= FieldTree::kFieldsMax) {
        return wholeOf(kind, name, known);
    }
    const size_t hash = hashOfFields(fields);
    const auto [first, last] = known.by_fields.equal_range(hash);
    for (auto entry = first; entry != last; ++entry) {
        if (sameNames(entry->second.fields, fields)) {
            return *entry->second.verdict;
        }
    }
    KnownFields made{{fields.begin(), fields.end()}, verdictOn(kind, name, *known.pattern, fields)};
    size_t bytes = 0;
    for (const std::string_view field : fields) {
        bytes += sizeof(std::string) + field.size();
    }
    remember(bytes);
    return *known.by_fields.emplace(hash, std::move(made))->second.verdict;
}

bool RecordAccess::seesField(ObjectKind kind, std::string_view name, std::string_view field) {
    // Rules about other fields change what the root gets, and never this one.
    return of(kind, name, {&field, 1}).shows(0);
}

bool RecordAccess::mayRead(ObjectKind kind, std::string_view name) {
    makeRoom();
    KnownPattern& known = patternOf(kind, name);
    if (!known.pattern->by_field) {
        return wholeOf(kind, name, known).root;
    }
    const FieldVerdict& verdict = telltalesOf(kind, name, known);
    // With more rules than a tree holds, somebody may be granted a field that was left out.
    return verdict.recordVisible() || verdict.fields.size() > FieldTree::kFieldsMax;
}

bool RecordAccess::seesAll(ObjectKind kind, std::string_view name) {
    makeRoom();
    KnownPattern& known = patternOf(kind, name);
    return known.pattern->by_field ? allGranted(telltalesOf(kind, name, known))
                                   : wholeOf(kind, name, known).root;
}

bool RecordAccess::refresh() {
    if (policy_.generation() == in_force_.generation) {
        return false;
    }
    forget();
    in_force_ = policy_.current();
    return true;
}

RecordAccess::KnownPattern& RecordAccess::patternOf(ObjectKind kind, std::string_view name) {
    Names& names = names_.at(static_cast<size_t>(kind));
    const auto found = names.find(name);
    if (found != names.end()) {
        return *found->second;
    }
    const ResolvedPattern& pattern = in_force_.table->resolve(kind, name);
    KnownPattern& known = patterns_[pattern.id];
    known.pattern = &pattern;
    names.emplace(name, &known);
    remember(name.size());
    return known;
}

const FieldVerdict& RecordAccess::wholeOf(ObjectKind kind, std::string_view name,
                                          KnownPattern& known) {
    if (known.whole == nullptr) {
        known.whole = verdictOn(kind, name, *known.pattern, kNoFields);
    }
    return *known.whole;
}

// One check for all questions, so that asking whether anything may be seen at all makes no audit
// noise every time (Ruling A7).
const FieldVerdict& RecordAccess::telltalesOf(ObjectKind kind, std::string_view name,
                                              KnownPattern& known) {
    if (known.telltales == nullptr) {
        const ResolvedPattern& pattern = *known.pattern;
        VerdictKey key{in_force_.generation, pattern.id, caller_.token_key, {}, true};
        known.telltales = obtain(std::move(key), [&]() {
            const FieldTree tree(kind, access::telltaleFields(kind, pattern));
            return decide({kind, name, pattern, tree});
        });
    }
    return *known.telltales;
}

VerdictCache::Verdict RecordAccess::verdictOn(ObjectKind kind, std::string_view name,
                                              const ResolvedPattern& pattern,
                                              std::span<const std::string_view> fields) {
    VerdictKey key{
        in_force_.generation, pattern.id, caller_.token_key, {fields.begin(), fields.end()}, false};
    return obtain(std::move(key), [&]() {
        // Only now: the identifiers of the fields cost more than the check.
        const FieldTree tree(kind, fields);
        FieldVerdict verdict = decide({kind, name, pattern, tree});
        if (!pattern.by_field && fields.empty()) {
            verdict.by_field = false;
        }
        return verdict;
    });
}

// From the common cache, or made and put there.
template <typename Make>
VerdictCache::Verdict RecordAccess::obtain(VerdictKey key, Make make) {
    // Nobody shares a key that says nothing.
    const bool shared = !caller_.token_key.empty();
    if (auto found = shared ? policy_.verdicts().find(key) : nullptr) {
        return found;
    }
    auto made = std::make_shared<const FieldVerdict>(make());
    if (shared && !made->passing) {
        policy_.verdicts().put(std::move(key), made);
    }
    return made;
}

FieldVerdict RecordAccess::decide(const RecordQuestion& question) const {
    switch (question.pattern.answer) {
        case ResolvedPattern::Answer::Closed:
            return {};
        case ResolvedPattern::Answer::Open:
            return {true, false, {}};
        case ResolvedPattern::Answer::Ask:
            return policy_.checker().check(caller_, question);
    }
    return {};
}

void RecordAccess::remember(size_t bytes) {
    ++known_;
    known_bytes_ += bytes;
}

// Between calls only: what a call has returned stays until the next.
void RecordAccess::makeRoom() {
    if (known_ >= kKnownMax || known_bytes_ >= kKnownBytesMax) {
        forget();
    }
}

void RecordAccess::forget() {
    for (Names& names : names_) {
        names.clear();
    }
    patterns_.clear();
    known_ = 0;
    known_bytes_ = 0;
}

}  // namespace evd::queryd
