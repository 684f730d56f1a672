//! Texts in a store whose entries are short: Windows' Credential Manager takes 2,560 bytes an entry, and a sign-in to Xero is longer.
//!
//! A text lies in pieces of one of two generations, `<name>.a0`, `<name>.a1` … or `<name>.b0` …; the entry `<name>` says which generation counts and how
//! many pieces it has. A new text is written as the other generation before that entry turns to it, so that a kill at any instant leaves the old text or
//! the new one.

/// A store of short texts by name.
pub(super) trait Vault: Send + Sync {
    /// The text; `None` when there is none.
    fn get(&self, name: &str) -> Result<Option<String>, String>;
    /// Keeps a text.
    fn set(&self, name: &str, text: &str) -> Result<(), String>;
    /// Removes a text; it may be gone already.
    fn delete(&self, name: &str) -> Result<(), String>;
}

/// A store of texts of any length, on one of texts of at most so many bytes.
#[cfg(any(test, target_os = "windows"))]
pub(super) struct Pieces<V> {
    pub(super) vault: V,
    pub(super) most: usize,
}

#[cfg(any(test, target_os = "windows"))]
impl<V: Vault> Pieces<V> {
    /// Generation and number of pieces.
    fn head(&self, name: &str) -> Result<Option<(char, usize)>, String> {
        let head = self.vault.get(name)?;
        Ok(head.and_then(|head| {
            let (generation, count) = head.split_once(':')?;
            Some((generation.chars().next().filter(|g| matches!(g, 'a' | 'b'))?, count.parse().ok().filter(|n| *n <= 1_000)?))
        }))
    }
}

#[cfg(any(test, target_os = "windows"))]
impl<V: Vault> Vault for Pieces<V> {
    fn get(&self, name: &str) -> Result<Option<String>, String> {
        let Some((generation, count)) = self.head(name)? else { return Ok(None) };
        let mut text = String::new();
        for piece in 0..count {
            match self.vault.get(&format!("{name}.{generation}{piece}"))? {
                Some(part) => text.push_str(&part),
                None => return Ok(None),
            }
        }
        Ok(Some(text))
    }

    fn set(&self, name: &str, text: &str) -> Result<(), String> {
        let old = self.head(name)?;
        let generation = if old.is_some_and(|(generation, _)| generation == 'a') { 'b' } else { 'a' };
        let mut rest = text;
        let mut count = 0;
        while !rest.is_empty() {
            let mut end = rest.len().min(self.most.max(4));
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            self.vault.set(&format!("{name}.{generation}{count}"), &rest[..end])?;
            rest = &rest[end..];
            count += 1;
        }
        self.vault.set(name, &format!("{generation}:{count}"))?;
        if let Some((generation, count)) = old {
            (0..count).try_for_each(|piece| self.vault.delete(&format!("{name}.{generation}{piece}")))?;
        }
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), String> {
        if let Some((generation, count)) = self.head(name)? {
            (0..count).try_for_each(|piece| self.vault.delete(&format!("{name}.{generation}{piece}")))?;
        }
        self.vault.delete(name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    /// A store of 20 bytes an entry that fails after so many operations, as a kill does.
    #[derive(Default)]
    struct Short(Mutex<(BTreeMap<String, String>, Option<u32>)>);

    impl Short {
        fn step(&self) -> Result<(), String> {
            match &mut self.0.lock().unwrap().1 {
                Some(0) => Err("killed".to_owned()),
                Some(left) => {
                    *left -= 1;
                    Ok(())
                }
                None => Ok(()),
            }
        }
    }

    impl Vault for Short {
        fn get(&self, name: &str) -> Result<Option<String>, String> {
            Ok(self.0.lock().unwrap().0.get(name).cloned())
        }
        fn set(&self, name: &str, text: &str) -> Result<(), String> {
            self.step()?;
            if text.len() > 20 {
                return Err("too long".to_owned());
            }
            self.0.lock().unwrap().0.insert(name.to_owned(), text.to_owned());
            Ok(())
        }
        fn delete(&self, name: &str) -> Result<(), String> {
            self.step()?;
            self.0.lock().unwrap().0.remove(name);
            Ok(())
        }
    }

    #[test]
    fn long_texts_come_back_and_leave_nothing_behind() {
        let store = Pieces { vault: Short::default(), most: 20 };
        assert_eq!(store.get("x"), Ok(None));
        for text in ["", "short", &"é".repeat(333), "short again"] {
            store.set("x", text).unwrap();
            assert_eq!(store.get("x").unwrap().as_deref(), Some(text));
            assert_eq!(store.vault.0.lock().unwrap().0.len(), 1 + text.len().div_ceil(20), "{text}");
        }
        store.delete("x").unwrap();
        assert_eq!(store.get("x"), Ok(None));
        assert!(store.vault.0.lock().unwrap().0.is_empty());
    }

    #[test]
    fn a_kill_at_any_step_leaves_the_old_text_or_the_new_one() {
        let (old, new) = ("o".repeat(70), "n".repeat(110));
        let mut seen = [0, 0];
        for steps in 0..20 {
            let store = Pieces { vault: Short::default(), most: 20 };
            store.set("x", &old).unwrap();
            store.vault.0.lock().unwrap().1 = Some(steps);
            let _ = store.set("x", &new);
            store.vault.0.lock().unwrap().1 = None;
            let found = store.get("x").unwrap().unwrap();
            assert!(found == old || found == new, "after {steps} steps: {found}");
            seen[usize::from(found == new)] += 1;
            // Whatever was left behind is in nobody's way.
            store.set("x", "third").unwrap();
            assert_eq!(store.get("x").unwrap().as_deref(), Some("third"));
        }
        assert!(seen[0] > 3 && seen[1] > 3, "{seen:?}");
    }
}
