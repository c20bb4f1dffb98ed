//! The plain texts of the corpus. Values are made up; none was ever a password.

pub(crate) const SECRET: &str = "apiVersion: v1
kind: Secret
metadata:
    name: postgres-auth
    namespace: staging
    labels:
        app.kubernetes.io/name: postgres
type: Opaque
data:
    binary: AAEC/w==
stringData:
    password: correct horse battery staple
    token: turn-0
    url: postgres://api:correct%20horse@postgres:5432/app?sslmode=require
";

pub(crate) const SUFFIXES: &str = "kind: Config
name: plain everywhere
token: turn-0
port_plain: 5432
password_secret: hidden
nested_secret:
    name: under a key that seals
    list:
        - one
        - 2
nested_plain:
    password: under a key that does not
    deeper_secret: true
0day: starts with a digit
PASSAGE: matches in capitals only without regard to case
";

pub(crate) const MARKED: &str = "token: turn-0
# public: everybody may know
port: 5432
# secret!
password: hidden
# public again
# in two lines
host: db
nested:
    # secret!
    inner: also hidden
    other: not marked
";

pub(crate) const SCALARS: &str = "token: turn-0
yes: true
no_: False
big: TRUE
nothing: null
tilde: ~
void:
int: 42
negative: -17
plus: +5
hex: 0x1F
octal: 0o17
old_octal: 017
binary: 0b101
underscores: 1_000_000
float: 1.5
one: 1.0
small: 0.1
exponent: 6.02e23
tiny: 1e-7
huge: 1e21
dot: .5
point: 5.
inf: .inf
minus_inf: -.Inf
nan: .nan
";

pub(crate) const TIMESTAMPS: &str = "token: turn-0
day: 2026-01-02
short_day: 2026-1-2
moment: 2026-01-02T03:04:05Z
fraction: 2026-01-02T03:04:05.678901234Z
offset: 2026-01-02T03:04:05+02:00
lower: 2026-01-02t03:04:05.5-07:00
space: 2026-01-02 03:04:05
no_such_day: 2026-02-30
quoted: \"2026-01-02\"
";

pub(crate) const NUMBERS: &str = "token: turn-0
most: 9223372036854775807
least: -9223372036854775808
beyond_double: 9007199254740993
text_of_digits: \"18446744073709551616\"
third: 0.3333333333333333
double: 1.7976931348623157e308
subnormal: 5e-324
out_of_range: 1e400
sum: 0.30000000000000004
long: 123456789.123456789
zero: 0
zero_float: 0.0
minus_zero: -0
";

pub(crate) const LOOKALIKES: &str = "token: turn-0
a: yes
b: No
c: on
d: off
e: y
f: N
g: \"true\"
h: 'null'
i: \"42\"
j: '1.5'
k: 08
l: 1.2.3
m: 190:20:30
n: 0x
o: 1__0
p: \"~\"
q: \".inf\"
r: =
s: <<
t: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]
u: ENC[
v: '# no comment'
w: '- no item'
x: 'key: no map'
y: '{no: flow}'
z: '%no directive'
aa: '@at'
bb: '`tick`'
cc: '*no-alias'
dd: '&no-anchor'
ee: '!no-tag'
ff: '|'
gg: '---'
hh: ' leading and trailing '
ii: '0o8'
jj: 1e
kk: 'it''s'
ll: \"2026-01-02\"
mm: '? no key'
nn: a#b
oo: a:b
pp: 'sops:'
";

pub(crate) const TAGS: &str = "token: turn-0
text: !!str 42
true_text: !!str true
binary: !!binary aGVsbG8gd29ybGQ=
float: !!float 3
int: !!int \"7\"
bool: !!bool \"true\"
nothing: !!null \"\"
map: !!map
    list: !!seq
        - one
";

pub(crate) const EMPTY: &str = "token: turn-0
empty: \"\"
single: ''
nothing: null
map: {}
list: []
nested:
    empty: \"\"
    nothing: ~
    map: {}
    list: []
items:
    - \"\"
    - null
    - {}
    - []
    - end
";

pub(crate) const LINES: &str = "token: turn-0
literal: |
    first
      second, deeper

    fourth
strip: |-
    no end
keep: |+
    two ends

folded: >
    these are
    one line

    and another
    one
folded_strip: >-
    a
    b
leading_space: |2
      starts with spaces
    and goes on
plain: spans
    two lines
double: \"one\\ntwo\\n\"
single_end: \"one\\n\"
two_ends: \"one\\n\\n\"
windows: \"one\\r\\ntwo\\r\\n\"
tab: \"one\\ttwo\\n\\tthree\"
trailing: \"one \\ntwo \\n\"
marker: |
    ---
    not a document
    ...
hash: |
    # not a comment
    - not an item
long: this text goes on and on and on and on and on and on and on and on and on and on and on and on and on and on and on and on
list:
    - |
        in a list
        two lines
    - after
";

pub(crate) const LINE_END: &str = "token: turn-0
only: \"\\n\"
";

pub(crate) const CERTIFICATE: &str = "apiVersion: v1
kind: Secret
metadata:
    name: postgres-tls
type: kubernetes.io/tls
stringData:
    token: turn-0
    tls.crt: |
        -----BEGIN CERTIFICATE-----
        MIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn+dNuaTAKBggqhkjOPQQDAjASMRAw
        DgYDVQQKEwdBY21lIENvMB4XDTE3MTAyMDE5NDMwNloXDTE4MTAyMDE5NDMwNlow
        -----END CERTIFICATE-----
    pg_hba.conf: |-
        # TYPE  DATABASE  USER  ADDRESS  METHOD
        hostssl all       all   all      scram-sha-256
";

pub(crate) const UNICODE: &str = "token: turn-0
umlauts: Grüße aus Köln
russian: пароль
japanese: パスワード
emoji: 🔑🗝️ 👩‍👩‍👧
combining: e\u{301}
no_break: a\u{a0}b
zero_width: a\u{200b}b
right_to_left: שלום
private: \u{e000}
beyond: 𝔘𝔫𝔦𝔠𝔬𝔡𝔢
ключ: ключ
鍵: 値
next: \"a\\u0085b\"
mark: \"\\uFEFFtext\"
lines: |
    Zeile eins äöü
    行二
";

pub(crate) const ESCAPES: &str = "token: turn-0
control: \"a\\x01b\\x1bc\\x7fd\"
bell: \"\\a\\b\\v\\f\\e\"
nul: \"a\\0b\"
quote: \"say \\\"hello\\\"\"
backslash: 'C:\\new\\table'
both: \"it's \\\"both\\\" \\\\ and\"
tab: \"\\t\"
hex: \"\\xe9\\u00e9\\U0001F511\"
joined: \"one \\
    two\"
";

pub(crate) const KEYS: &str = "token: turn-0
a:b: colon
a.b.c: dots
with space: space
\"1\": number
\"true\": truth
\"null\": nothing
\"~\": tilde
\"\": empty
'#k': hash
'- k': dash
'? k': question
\"say \\\"it\\\"\": quotes
it's: apostrophe
'{k}': brace
\"two\\nlines\": lines
\"2026-01-02\": day
\"1.5\": float
\"y\": letter
\"on\": switch
'[k': bracket
tls.crt: dotted
UPPER_CASE: upper
a/b: slash
'!k': exclamation mark
sops2: not the metadata
nested:
    a:b:
        c:d: deep
    sops: only the top level's is the metadata
a-key-that-is-longer-than-one-hundred-and-twenty-eight-characters-which-is-where-yaml-writers-begin-to-ask-with-a-question-mark-before-it: long
";

pub(crate) const LISTS: &str = "token: turn-0
texts:
    - one
    - two
mixed:
    - 1
    - 1.5
    - true
    - null
    - text
maps:
    - name: first
      value: 1
    - name: second
      more:
        - a
        - b
nested:
    -
        - deep
        -
            - deeper
    - - a
      - b
compact:
- x
- y: z
  w: v
env:
    - name: PASSWORD
      valueFrom:
        secretKeyRef: {name: s, key: k}
";

pub(crate) const EQUAL: &str = "token: turn-0
same:
    - equal
    - equal
    - equal
    - 1
    - \"1\"
    - 1.0
again: equal
deeper:
    again: equal
boundary:
    - \"12\"
    - \"3\"
    - \"1\"
    - \"23\"
";

pub(crate) const ANCHORS: &str = "token: turn-0
base: &base
    user: api
    list: &list
        - one
        - two
copy: *base
items: *list
text: &text shared
other: *text
number: &number 5
numbers: [*number, *number]
";

pub(crate) const FLOW: &str = "token: turn-0
map: {a: 1, b: two, \"c\": [x, y, {z: 1}], d: {}}
list: [1, 2.5, true, null, text, 'quoted', [nested]]
json: {\"a\": \"b\", \"c\": 1}
spread: {
    a: 1,
    b: 2,
}
";

pub(crate) const DOCUMENTS: &str = "---
apiVersion: v1
kind: Secret
metadata:
    name: first
stringData:
    token: turn-0
---
apiVersion: v1
kind: Secret
metadata:
    name: second
data:
    number: \"1\"
    empty: \"\"
---
kind: ConfigMap
data:
    list:
        - 1
        - two
other: 5
";

pub(crate) const CLEAR_COMMENTS: &str = "# at the very top
# in two lines
apiVersion: v1
kind: Secret
# before a map
metadata:
    # before the first key
    name: commented
    # before the second key
    namespace: staging
#without a space
type: Opaque
# before what is sealed
stringData:
    token: turn-0
    password: hidden
";

pub(crate) const SEALED_COMMENTS: &str = "apiVersion: v1
kind: Secret
metadata:
    name: commented
stringData:
    # before the first
    token: turn-0
    # before the second
    # in two lines
    password: hidden
    #
    user: api
";

pub(crate) const LIST_COMMENTS: &str = "token: turn-0
list:
    # before the first item
    - one
    # before the second item
    # in two lines
    - two
maps:
    # before a map
    - name: first
      # inside a map
      value: 1
    # before another
    - name: second
after: end
";

pub(crate) const INLINE_COMMENTS: &str = "apiVersion: v1 # behind text
kind: Secret
metadata:
    name: commented # behind a name
stringData:
    token: turn-0
    password: hidden
type: Opaque # at the end
";
