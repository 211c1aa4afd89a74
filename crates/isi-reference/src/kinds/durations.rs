//! Durations in words.

/// A duration in two units at most.
pub(super) fn short(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let two = |large: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{small_unit}"),
    };
    match seconds {
        ..0 => "<invalid>".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        _ if days < 8 => two(days, 'd', hours % 24, 'h'),
        _ if days < 730 => format!("{days}d"),
        _ if days < 365 * 8 => two(days / 365, 'y', days % 365, 'd'),
        _ => format!("{}y", days / 365),
    }
}

/// A duration as Docker tells it to people.
pub(super) fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600);
    match seconds {
        ..1 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".to_owned(),
        120..3600 => format!("{minutes} minutes"),
        _ if hours == 1 => "About an hour".to_owned(),
        _ if hours < 48 => format!("{hours} hours"),
        _ if hours < 24 * 14 => format!("{} days", hours / 24),
        _ if hours < 24 * 60 => format!("{} weeks", hours / 24 / 7),
        _ if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", hours / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "Less than a second")]
    #[case(1, "1 second")]
    #[case(59, "59 seconds")]
    #[case(60, "About a minute")]
    #[case(150, "2 minutes")]
    #[case(3600, "About an hour")]
    #[case(7200, "2 hours")]
    #[case(3 * 86_400, "3 days")]
    #[case(21 * 86_400, "3 weeks")]
    #[case(90 * 86_400, "3 months")]
    #[case(3 * 365 * 86_400, "3 years")]
    fn tells_durations_as_docker_does(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(human(seconds), expected);
    }

    // The expectations are those of the tests of k8s.io/apimachinery/pkg/util/duration.
    #[rstest]
    #[case(1, "1s")]
    #[case(70, "70s")]
    #[case(190, "3m10s")]
    #[case(70 * 60, "70m")]
    #[case(47 * 3600, "47h")]
    #[case(49 * 3600, "2d1h")]
    #[case((8 * 24 + 2) * 3600, "8d")]
    #[case(367 * 24 * 3600, "367d")]
    #[case((365 * 2 * 24 + 25) * 3600, "2y1d")]
    #[case((365 * 8 * 24 + 2) * 3600, "8y")]
    fn tells_ages_as_kubernetes_does(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(short(seconds), expected);
    }
}
