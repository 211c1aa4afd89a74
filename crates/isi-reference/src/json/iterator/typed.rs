//! Values of Go's types.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    super::{Node, Shape, Struct, docker_image, parse, shape, time::read_time},
    Cursor, as_text,
    go_type::{is_pointer, names_of},
    scalar::{INT32, INT64, UINT8},
};

/// How many fields a type may have to be read by their hashes: one that has more, or none, is read in another way.
const HASHED_FIELDS: std::ops::RangeInclusive<usize> = 1..=10;

type Field = &'static (&'static str, Shape);

impl Cursor<'_> {
    /// Reads a value of a shape. `known`: what was read for it before, which a value that is there twice is merged into.
    fn value(&mut self, shape: &'static Shape, known: Option<Value>) -> Option<Value> {
        match shape {
            Shape::Bool => match self.null() {
                true => known,
                false => Some(self.truth().into()),
            },
            Shape::Int(go) => match self.null() {
                true => known,
                false => Some(self.integer(if *go == "int32" { &INT32 } else { &INT64 }).into()),
            },
            Shape::Text(_) => Some(as_text(&self.string()).into()),
            Shape::Bytes => self.bytes(),
            Shape::List(item, go) | Shape::Keyed(item, go, _) | Shape::Set(item, go) => self.list(item, go, known),
            Shape::Map(item, _) => self.map(item, known),
            Shape::Struct(of) => self.structure(of, known),
            Shape::Any | Shape::Time | Shape::OwnedFields | Shape::DockerImage => self.own(shape, known),
        }
    }

    /// Reads a value that reads itself from its text.
    fn own(&mut self, shape: &'static Shape, known: Option<Value>) -> Option<Value> {
        self.peek_token();
        let text = self.skipped_text();
        // Behind a mistake the text may be anything, and does not matter any more.
        let node = parse(&text).unwrap_or(Node::Null);
        let read = match shape {
            Shape::Time => read_time(&node).map(|time| time.map(|time| time.to_string().into())),
            _ if node == Node::Null => Ok(known),
            Shape::OwnedFields => check_owned_fields(&node).map(|()| Some(node.to_value())),
            Shape::DockerImage => Ok(self.docker_image(&text, &node)),
            _ => Ok(Some(node.to_value())),
        };
        read.unwrap_or_else(|error| {
            self.report("unmarshalerDecoder", error);
            None
        })
    }

    /// The metadata of a Docker image, which is read once the decoder is done: its first mistake is kept.
    fn docker_image(&mut self, text: &[u8], node: &Node) -> Option<Value> {
        match docker_image::read_text(text, node, self.skipped) {
            Ok(image) => Some(image),
            Err(error) => {
                self.conversion.get_or_insert(error);
                None
            }
        }
    }

    fn bytes(&mut self) -> Option<Value> {
        if self.null() {
            return None;
        }
        match self.peek_token() {
            b'"' => {
                let text = as_text(&self.string());
                if let Err(error) = shape::check_base64(&text) {
                    self.report("decode base64", error);
                }
                Some(text.into())
            }
            b'[' => {
                let mut bytes = Vec::new();
                self.items("[]uint8", |cursor, _| {
                    let byte = if cursor.null() { 0 } else { cursor.integer(&UINT8) };
                    bytes.push(u8::try_from(byte).unwrap_or_default());
                });
                Some(STANDARD.encode(bytes).into())
            }
            _ => {
                self.report("base64Codec", "invalid input");
                None
            }
        }
    }

    fn list(&mut self, item: &'static Shape, go: &str, known: Option<Value>) -> Option<Value> {
        let mut known = if let Some(Value::Array(known)) = known { known } else { Vec::new() };
        let mut items = Vec::new();
        let is_there = self.items(go, |cursor, index| {
            let known = known.get_mut(index).map(Value::take).filter(|known| !known.is_null());
            items.push(cursor.value(item, known).unwrap_or_else(|| shape::zero(item)));
        });
        is_there.then_some(Value::Array(items))
    }

    /// Reads a list item by item, and returns whether it is there. `go`: its Go type.
    fn items(&mut self, go: &str, mut read: impl FnMut(&mut Self, usize)) -> bool {
        let is_there = self.unnamed_items(&mut read);
        self.name_mistake(|| format!("{go}: "));
        is_there
    }

    fn unnamed_items(&mut self, read: &mut impl FnMut(&mut Self, usize)) -> bool {
        match self.next_token() {
            b'[' => {}
            b'n' => {
                self.rest_of_null();
                return false;
            }
            other => {
                self.report_byte("decode slice", "expect [ or n, but found ", other);
                return false;
            }
        }
        if self.next_token() == b']' {
            return true;
        }
        self.put_back();
        for index in 0.. {
            read(self, index);
            match self.next_token() {
                b',' => {}
                b']' => break,
                other => {
                    self.report_byte("decode slice", "expect ], but found ", other);
                    break;
                }
            }
        }
        true
    }

    fn map(&mut self, item: &'static Shape, known: Option<Value>) -> Option<Value> {
        const OPERATION: &str = "ReadMapCB";
        let mut known = if let Some(Value::Object(known)) = known { known } else { Map::new() };
        match self.next_token() {
            b'{' => {}
            b'n' => {
                self.rest_of_null();
                return None;
            }
            other => {
                self.report_byte(OPERATION, "expect { or n, but found ", other);
                return None;
            }
        }
        match self.next_token() {
            b'"' => self.put_back(),
            b'}' => return Some(known.into()),
            other => {
                self.report_byte(OPERATION, "expect \" after }, but found ", other);
                return None;
            }
        }
        loop {
            let key = as_text(&self.string());
            let colon = self.next_token();
            if colon != b':' {
                self.report_byte(OPERATION, "expect : after object field, but found ", colon);
                return None;
            }
            let value = self.value(item, None).unwrap_or_else(|| shape::zero(item));
            known.insert(key, value);
            match self.next_token() {
                b',' => {}
                b'}' => return Some(known.into()),
                other => {
                    self.report_byte(OPERATION, "expect }, but found ", other);
                    return None;
                }
            }
        }
    }

    /// Reads an object of a type.
    pub(super) fn structure(&mut self, of: &'static Struct, known: Option<Value>) -> Option<Value> {
        if of.fields.is_empty() {
            return self.empty_structure();
        }
        let mut fields = match known {
            Some(Value::Object(known)) => known,
            _ => Map::new(),
        };
        match self.next_token() {
            b'{' => {}
            b'n' => {
                self.rest_of_null();
                return Some(fields).filter(|fields| !fields.is_empty()).map(Value::Object);
            }
            other => {
                self.report_byte("readObjectStart", "expect { or n, but found ", other);
                return None;
            }
        }
        if self.next_token() == b'}' {
            return Some(fields.into());
        }
        self.put_back();
        if HASHED_FIELDS.contains(&of.fields.len()) {
            self.hashed_fields(of, &mut fields);
        } else {
            self.many_fields(of, &mut fields);
        }
        Some(fields.into())
    }

    fn empty_structure(&mut self) -> Option<Value> {
        if !matches!(self.peek_token(), b'{' | b'n') {
            self.report("skipObjectDecoder", "expect object or null");
            return None;
        }
        self.skip();
        Some(Map::new().into())
    }

    fn hashed_fields(&mut self, of: &'static Struct, fields: &mut Map<String, Value>) {
        loop {
            match self.hashed_name().and_then(|name| field(of, &name)) {
                Some(field) => self.field(of, field, fields),
                None => self.skip(),
            }
            match self.next_token() {
                b',' => {}
                b'}' => break,
                other => {
                    self.report_byte("isObjectEnd", "object ended prematurely, unexpected char ", other);
                    break;
                }
            }
        }
        self.name_mistake(|| format!("{}.", of.go));
    }

    /// Reads the name of a field and its colon; `None` if it is no name.
    fn hashed_name(&mut self) -> Option<Vec<u8>> {
        const OPERATION: &str = "readFieldHash";
        let quote = self.next_token();
        if quote != b'"' {
            self.report_byte(OPERATION, "expect \", but found ", quote);
            return None;
        }
        let rest = &self.text[self.head..];
        let Some(end) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
            self.end();
            self.report(OPERATION, "incomplete field name");
            return None;
        };
        let mut name = rest[..end].to_vec();
        self.head += end;
        if rest[end] == b'\\' {
            name.extend(self.escaped_string());
        } else {
            self.head += 1;
        }
        let colon = self.next_token();
        if colon != b':' {
            self.report_byte(OPERATION, "expect :, but found ", colon);
            return None;
        }
        Some(name)
    }

    fn many_fields(&mut self, of: &'static Struct, fields: &mut Map<String, Value>) {
        let mut next = b',';
        while next == b',' {
            let name = self.string();
            self.colon("ReadObject");
            match field(of, &name) {
                Some(field) => self.field(of, field, fields),
                None => self.skip(),
            }
            next = self.next_token();
        }
        self.name_mistake(|| format!("{}.", of.go));
        if next != b'}' {
            self.report_byte("struct Decode", "expect }, but found ", next);
        }
    }

    fn field(&mut self, of: &'static Struct, (name, shape): Field, fields: &mut Map<String, Value>) {
        let known = fields.remove(*name);
        let value = if is_pointer(of, name) && self.null() { None } else { self.value(shape, known) };
        if let Some(value) = value {
            fields.insert((*name).to_owned(), value);
        }
        if self.is_wrong() {
            self.names.extend(names_of(of, name, shape).map(|name| format!("{name}: ")));
        }
    }
}

fn field(of: &'static Struct, name: &[u8]) -> Option<Field> {
    of.fields.iter().find(|(known, _)| known.as_bytes() == name)
}

/// Checks the fields of an owner: objects of objects.
fn check_owned_fields(node: &Node) -> Result<(), String> {
    match node {
        Node::Null => Ok(()),
        Node::Object(entries) => entries.iter().try_for_each(|(_, node)| check_owned_fields(node)),
        other => Err(format!("json: cannot unmarshal {} into Go value of type map[string]v1.Fields", other.kind())),
    }
}
