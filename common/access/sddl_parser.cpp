#include "common/access/condition_text.h"
#include "common/access/sddl.h"
#include "common/access/sddl_claim.h"
#include "common/access/sddl_words.h"
#include "common/base/text.h"

namespace evd::access {

namespace {

using base::Result;

constexpr std::string_view kEndOfField = ";()";
constexpr std::string_view kNoDacl = "NO_ACCESS_CONTROL";
constexpr size_t kAuthorityHexDigits = 12;

// What each flag word of an ACL means for the DACL and for the SACL.
struct AclFlag {
    std::string_view word;
    uint16_t of_dacl;
    uint16_t of_sacl;
};

constexpr std::array<AclFlag, 3> kAclFlags = {{
    {"AR", kDaclAutoInheritRequired, kSaclAutoInheritRequired},
    {"AI", kDaclAutoInherited, kSaclAutoInherited},
    {"P", kDaclProtected, kSaclProtected},
}};

class Parser {
  public:
    explicit Parser(std::string_view text) : scanner_(text) {}

    Result<SecurityDescriptor> run();

  private:
    Result<void> parseSection();
    Result<void> parseOwner(std::optional<Sid>& sid);
    Result<void> parseAcl(std::optional<Acl>& acl, bool is_dacl);
    Result<Ace> parseAce();
    Result<void> parseGuids(Ace& ace);
    Result<void> parsePayload(Ace& ace);
    Result<std::string_view> parseField(std::string_view what);
    std::string_view takeSidWord();

    TextScanner scanner_;
    SecurityDescriptor descriptor_;
    bool dacl_seen_ = false;
};

Result<SecurityDescriptor> Parser::run() {
    scanner_.skipSpace();
    if (scanner_.atEnd()) {
        return scanner_.wrong("there is no descriptor");
    }
    for (; !scanner_.atEnd(); scanner_.skipSpace()) {
        EVD_TRY(parseSection());
    }
    const auto bytes = buildSecurityDescriptor(descriptor_);
    if (!bytes.ok()) {
        return bytes.error();
    }
    // Which ACLs there are belongs to the control field of what is read back.
    return parseSecurityDescriptor(bytes.value());
}

Result<void> Parser::parseSection() {
    if (scanner_.take("O:") || scanner_.take("o:")) {
        return parseOwner(descriptor_.owner);
    }
    if (scanner_.take("G:") || scanner_.take("g:")) {
        return parseOwner(descriptor_.group);
    }
    if (scanner_.take("D:") || scanner_.take("d:")) {
        if (dacl_seen_) {
            return scanner_.wrong("a second DACL");
        }
        dacl_seen_ = true;
        return parseAcl(descriptor_.dacl, /*is_dacl=*/true);
    }
    if (scanner_.take("S:") || scanner_.take("s:")) {
        return parseAcl(descriptor_.sacl, /*is_dacl=*/false);
    }
    return scanner_.wrong("expected O:, G:, D: or S:");
}

// Two letters, or S-1-...; the digits end where the next section begins, which may be a D.
std::string_view Parser::takeSidWord() {
    const std::string_view rest = scanner_.rest();
    size_t count = std::min<size_t>(2, rest.size());
    if (rest.size() > 1 && rest[1] == '-') {
        constexpr std::string_view kDigits = "0123456789-";
        count = std::min(rest.find_first_not_of(kDigits, 1), rest.size());
        if (count < rest.size() && (rest[count] == 'x' || rest[count] == 'X')) {
            const size_t from = count + 1;
            const size_t end =
                std::min(rest.find_first_not_of("0123456789abcdefABCDEF", from), rest.size());
            count = std::min(end, from + kAuthorityHexDigits);
            count = std::min(rest.find_first_not_of(kDigits, count), rest.size());
        }
    }
    scanner_.moveTo(scanner_.position() + count);
    return rest.substr(0, count);
}

Result<void> Parser::parseOwner(std::optional<Sid>& sid) {
    if (sid) {
        return scanner_.wrong("a second owner or group");
    }
    scanner_.skipSpace();
    const auto parsed = sidOfWord(takeSidWord());
    if (!parsed.ok()) {
        return scanner_.wrong(parsed.error().text);
    }
    sid = parsed.value();
    return {};
}

Result<void> Parser::parseAcl(std::optional<Acl>& acl, bool is_dacl) {
    if (acl) {
        return scanner_.wrong("a second SACL");
    }
    scanner_.skipSpace();
    // The next section may follow without anything between.
    if (is_dacl && base::equalsFolded(scanner_.rest().substr(0, kNoDacl.size()), kNoDacl)) {
        scanner_.moveTo(scanner_.position() + kNoDacl.size());
        return {};
    }
    for (bool taken = true; taken;) {
        taken = false;
        for (const AclFlag& flag : kAclFlags) {
            if (base::equalsFolded(scanner_.rest().substr(0, flag.word.size()), flag.word)) {
                scanner_.moveTo(scanner_.position() + flag.word.size());
                descriptor_.control |= is_dacl ? flag.of_dacl : flag.of_sacl;
                taken = true;
            }
        }
    }
    acl = Acl{};
    for (scanner_.skipSpace(); scanner_.peek() == '('; scanner_.skipSpace()) {
        auto ace = parseAce();
        if (!ace.ok()) {
            return ace.error();
        }
        acl->aces.push_back(std::move(ace).value());
    }
    acl->revision = minimumRevision(acl->aces);
    return {};
}

// The text before the semicolon, which is taken too.
Result<std::string_view> Parser::parseField(std::string_view what) {
    const std::string_view field = base::trim(scanner_.takeUntil(kEndOfField));
    if (!scanner_.take(";")) {
        return scanner_.wrong(base::cat("expected ; behind ", what));
    }
    return field;
}

Result<Ace> Parser::parseAce() {
    (void)scanner_.take("(");
    Ace ace;
    const auto type_word = parseField("the type of the ACE");
    if (!type_word.ok()) {
        return type_word.error();
    }
    const auto type = aceTypeOfWord(type_word.value());
    if (!type) {
        return scanner_.wrong(base::cat("'", type_word.value(), "' is no type of ACE"));
    }
    ace.type = *type;
    const auto flag_words = parseField("the flags");
    const auto flags = flag_words.ok() ? aceFlagsOfWords(flag_words.value()) : flag_words.error();
    if (!flags.ok()) {
        return flag_words.ok() ? scanner_.wrong(flags.error().text) : flags.error();
    }
    ace.flags = flags.value();
    const auto right_words = parseField("the rights");
    const auto rights = right_words.ok()
                            ? rightsOfWords(right_words.value(), ace.type == kAceMandatoryLabel)
                            : right_words.error();
    if (!rights.ok()) {
        return right_words.ok() ? scanner_.wrong(rights.error().text) : rights.error();
    }
    ace.mask = rights.value();
    EVD_TRY(parseGuids(ace));
    const auto sid = sidOfWord(base::trim(scanner_.takeUntil(kEndOfField)));
    if (!sid.ok()) {
        return scanner_.wrong(sid.error().text);
    }
    ace.sid = sid.value();
    EVD_TRY(parsePayload(ace));
    scanner_.skipSpace();
    if (!scanner_.take(")")) {
        return scanner_.wrong("expected ) behind the ACE");
    }
    return ace;
}

// The two fields are there for every type, but only object ACEs may fill them: an ACE of another
// type would silently be about the whole object.
Result<void> Parser::parseGuids(Ace& ace) {
    const AceShape shape = shapeOf(ace.type);
    const bool allowed = shape == AceShape::Object || shape == AceShape::CallbackObject;
    for (std::optional<base::Guid>* guid : {&ace.object_type, &ace.inherited_object_type}) {
        const auto field = parseField("a GUID");
        if (!field.ok()) {
            return field.error();
        }
        if (field.value().empty()) {
            continue;
        }
        const auto parsed = base::parseGuid(field.value());
        if (!allowed || !parsed.ok()) {
            return scanner_.wrong(allowed ? parsed.error().text
                                          : "this type of ACE has no GUIDs: a word");
        }
        *guid = parsed.value();
    }
    return {};
}

// The condition of a callback ACE and the claim of a resource attribute have parsers of their own,
// which go on with the same scanner: what ends a field may stand inside them.
Result<void> Parser::parsePayload(Ace& ace) {
    const bool claim = shapeOf(ace.type) == AceShape::ResourceAttribute;
    if (!claim && !isConditionalAce(ace.type)) {
        return {};
    }
    if (!scanner_.take(";")) {
        return scanner_.wrong(claim ? "expected ; and a claim" : "expected ; and a condition");
    }
    scanner_.skipSpace();
    if (!claim && !scanner_.take("(")) {
        return scanner_.wrong("expected ( and a condition");
    }
    auto payload = claim ? parseSddlClaim(scanner_) : compileConditionAt(scanner_);
    if (!payload.ok()) {
        return payload.error();
    }
    ace.application_data = std::move(payload).value();
    scanner_.skipSpace();
    return claim || scanner_.take(")") ? Result<void>()
                                       : scanner_.wrong("expected ) behind the condition");
}

}  // namespace

Result<SecurityDescriptor> parseSddl(std::string_view text) {
    if (text.size() > kSddlTextBytesMax) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("a descriptor of more than ", kSddlTextBytesMax, " bytes"));
    }
    return Parser(text).run();
}

}  // namespace evd::access
